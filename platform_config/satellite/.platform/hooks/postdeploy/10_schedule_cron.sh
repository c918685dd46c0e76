#!/usr/bin/env bash
# Installs the environment's cron table, one job a line: five fields and a command. None means that nothing is to run.
set -euo pipefail

readonly table=/etc/cron.d/satellite
# Not beside the table: cron would run it there.
readonly new=/etc/.satellite-cron.new

if [[ -z ${CRON_TABLE_BASE64:-} ]]; then
  rm -f "$table" "$new"
  exit 0
fi

mkdir -p "$(dirname "$table")"
{
  echo '# Written at each deploy from the environment; what the jobs say is in the journal, as satellite-cron.'
  echo 'SHELL=/bin/bash'
  echo 'PATH=/usr/local/bin:/usr/bin:/bin'
  echo 'MAILTO=""'
  # The last line counts without a line break at its end, too.
  base64 --decode <<< "$CRON_TABLE_BASE64" | while read -r minute hour day month weekday command || [[ -n $minute ]]; do
    echo "$minute $hour $day $month $weekday webapp { cd /var/app/current && $command; } 2>&1 | logger -t satellite-cron"
  done
} > "$new"
chmod 0644 "$new"
mv "$new" "$table"
systemctl enable --now crond.service
