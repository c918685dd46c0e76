#!/usr/bin/env bash
# Installs the environment's cron table, one job a line: five fields and a command. None means that nothing is to run.
set -euo pipefail

readonly table=/etc/cron.d/satellite
readonly rotation=/etc/logrotate.d/satellite-cron
readonly log=/var/log/satellite-cron.log
# Not beside the files: cron and logrotate would read it there.
readonly new=/etc/.satellite-cron.new

if [[ -z ${CRON_TABLE_BASE64:-} ]]; then
  rm -f "$table" "$rotation" "$new"
  exit 0
fi

mkdir -p "$(dirname "$table")" "$(dirname "$rotation")"
touch "$log"
chown webapp:webapp "$log"
chmod 0640 "$log"

# Writes standard input to a file, whole.
write() {
  cat > "$new"
  chmod 0644 "$new"
  mv "$new" "$1"
}
write "$rotation" << ROTATION
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
{
  echo "# Written at each deploy from the environment. What the jobs say is in the journal, as satellite-cron, and in"
  echo "# $log, from which CloudWatch's agent takes it."
  echo 'SHELL=/bin/bash'
  echo 'PATH=/usr/local/bin:/usr/bin:/bin'
  echo 'MAILTO=""'
  # The last line counts without a line break at its end, too.
  base64 --decode <<< "$CRON_TABLE_BASE64" | while read -r minute hour day month weekday command || [[ -n $minute ]]; do
    echo "$minute $hour $day $month $weekday webapp { cd /var/app/current && $command; } 2>&1" \
      "| tee --append $log | logger -t satellite-cron"
  done
} | write "$table"
systemctl enable --now crond.service
