#!/usr/bin/env bash
# Sends the logs of the application, php-fpm, cron and the FTP server to CloudWatch Logs, and adds them to those that
# Beanstalk shows on demand. Beanstalk itself sends its own logs and the web server's ("Using Elastic Beanstalk with
# Amazon CloudWatch Logs"). It writes the agent's configuration anew after the prebuild hooks
# (aws/elastic-beanstalk-roadmap#313), so this one comes at the end of the deployment. A release that runs does not fail
# for its logs.
set -euo pipefail

readonly agent=/opt/aws/amazon-cloudwatch-agent
readonly tasks=/opt/elasticbeanstalk/tasks
readonly rotation=/etc/logrotate.d/vsftpd
readonly application='/var/app/current/var/log/*.log'
readonly php_fpm='/var/log/php-fpm/*.log'
readonly cron=/var/log/satellite-cron.log
readonly vsftpd=/var/log/vsftpd.log

# Not beside the files: logrotate and the agent would read it there.
readonly new=/etc/.satellite-logs.new

# Writes standard input to a file, whole or not at all.
put() {
  mkdir -p "$(dirname "$1")"
  cat >"$new"
  chmod 0644 "$new"
  mv "$new" "$1"
}

single=()
[[ -z ${CRON_TABLE_BASE64:-} ]] || single+=("$cron")
if [[ -n ${FTP_USER:-} ]]; then
  single+=("$vsftpd")
  # In the place of the package's own file, since logrotate refuses a log that two files name. A session of vsftpd opens
  # the log when it begins, so the log that was moved away gets lines until the last one ends: it is compressed later.
  put "$rotation" <<ROTATION
$vsftpd {
    weekly
    maxsize 100M
    rotate 8
    compress
    delaycompress
    missingok
    notifempty
    create 0600 root root
}
ROTATION
fi

# The last 100 lines of each, and the whole logs ("Viewing logs from Amazon EC2 instances").
for kind in taillogs bundlelogs; do
  printf '%s\n' "$application" "$php_fpm" "${single[@]}" | put "$tasks/$kind.d/satellite.conf"
done

if [[ -z ${SATELLITE_LOG_GROUP:-} || ! -x $agent/bin/amazon-cloudwatch-agent-ctl ]]; then
  echo "no SATELLITE_LOG_GROUP, or no CloudWatch agent: the satellite's logs stay on this instance" >&2
  exit 0
fi

# publish_multi_logs: every file of a pattern, each in a stream of its own. Else the agent follows the newest alone.
# A stack trace belongs to the line with the time above it.
entries=(
  "{\"file_path\": \"$application\", \"publish_multi_logs\": true, \"multi_line_start_pattern\": \"^\\\\[\",
    \"log_group_name\": \"$SATELLITE_LOG_GROUP\", \"log_stream_name\": \"{instance_id}/application\"}"
  "{\"file_path\": \"$php_fpm\", \"publish_multi_logs\": true, \"multi_line_start_pattern\": \"^\\\\[\",
    \"log_group_name\": \"$SATELLITE_LOG_GROUP\", \"log_stream_name\": \"{instance_id}/php-fpm\"}"
)
for log in "${single[@]}"; do
  stream=$(basename "$log" .log)
  entries+=(
    "{\"file_path\": \"$log\",
    \"log_group_name\": \"$SATELLITE_LOG_GROUP\", \"log_stream_name\": \"{instance_id}/${stream#satellite-}\"}"
  )
done
put "$agent/etc/satellite.json" <<EOT
{"logs": {"logs_collected": {"files": {"collect_list": [
  $(IFS=,; echo "${entries[*]}")
]}}}}
EOT
readonly control=("$agent/bin/amazon-cloudwatch-agent-ctl" -m ec2 -s)
if ! said=$("${control[@]}" -a append-config -c "file:$agent/etc/satellite.json" 2>&1); then
  echo "the CloudWatch agent did not take $agent/etc/satellite.json: $(tail -n 1 <<<"$said")" >&2
fi
