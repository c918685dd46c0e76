#!/usr/bin/env bash
# Schedules Magento's cron on the back office, and on no other host. Consumers are one of its jobs: env.php bounds them.
set -euo pipefail

readonly table=/etc/cron.d/magento
readonly properties=/etc/magento-cron.env
readonly rotation=/etc/logrotate.d/magento-cron
readonly lock=/var/lib/magento-cron.lock
readonly log=/var/log/magento-cron.log
# Not beside the files: cron and logrotate would read it there.
readonly new=/etc/.magento-cron.new

if [[ ${MAGENTO_TIER:-} != back-office ]]; then
  rm -f "$table" "$properties" "$rotation" "$lock" "$new"
  exit 0
fi

mkdir -p "$(dirname "$table")" "$(dirname "$rotation")"
umask 077
# Cron starts its jobs without the environment's properties.
/opt/elasticbeanstalk/bin/get-config environment | python3 -c '
import json, re, shlex, sys
for name, value in sorted(json.load(sys.stdin).items()):
    if re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name):
        print(f"export {name}={shlex.quote(str(value))}")
' >"$new"
chown root:webapp "$new"
chmod 0640 "$new"
mv "$new" "$properties"

touch "$lock" "$log"
chmod 0644 "$lock"
chown webapp:webapp "$log"
chmod 0640 "$log"

# Writes standard input to a file, whole.
write() {
  cat >"$new"
  chmod 0644 "$new"
  mv "$new" "$1"
}
write "$rotation" <<ROTATION
$log {
    weekly
    maxsize 100M
    rotate 8
    compress
    delaycompress
    missingok
    notifempty
    create 0640 webapp webapp
}
ROTATION
write "$table" <<TABLE
# Written at each deployment of the back office.
SHELL=/bin/bash
PATH=/usr/local/bin:/usr/bin:/bin
MAILTO=""
* * * * * webapp bash /var/app/current/.platform/run_cron.sh >>$log 2>&1
TABLE
systemctl enable --now crond.service
