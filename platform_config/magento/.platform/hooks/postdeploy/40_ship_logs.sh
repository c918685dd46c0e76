#!/usr/bin/env bash
# Sends the logs of Magento, php-fpm and cron to CloudWatch Logs, and adds them to those that Beanstalk shows on demand.
# Beanstalk itself sends its own logs and the web server's ("Using Elastic Beanstalk with Amazon CloudWatch Logs"). It
# writes the agent's configuration anew after the prebuild hooks (aws/elastic-beanstalk-roadmap#313), so this one comes
# at the end of the deployment. A release that runs does not fail for its logs.
set -euo pipefail

readonly agent=/opt/aws/amazon-cloudwatch-agent
readonly tasks=/opt/elasticbeanstalk/tasks
readonly magento='/var/app/current/var/log/*.log'
readonly php_fpm='/var/log/php-fpm/*.log'
readonly cron=/var/log/magento-cron.log

# Writes standard input to a file, whole or not at all.
put() {
  mkdir -p "$(dirname "$1")"
  cat >"$1.new"
  chmod 0644 "$1.new"
  mv "$1.new" "$1"
}

# The last 100 lines of each, and the whole logs ("Viewing logs from Amazon EC2 instances").
for kind in taillogs bundlelogs; do
  printf '%s\n' "$magento" "$php_fpm" "$cron" | put "$tasks/$kind.d/magento.conf"
done

if [[ -z ${MAGENTO_LOG_GROUP:-} || ! -x $agent/bin/amazon-cloudwatch-agent-ctl ]]; then
  echo "no MAGENTO_LOG_GROUP, or no CloudWatch agent: Magento's logs stay on this instance" >&2
  exit 0
fi

# publish_multi_logs: every file of a pattern, each in a stream of its own. Else the agent follows the newest alone.
# A stack trace belongs to the line with the time above it.
put "$agent/etc/magento.json" <<EOT
{"logs": {"logs_collected": {"files": {"collect_list": [
  {"file_path": "$magento", "publish_multi_logs": true, "multi_line_start_pattern": "^\\\\[",
   "log_group_name": "$MAGENTO_LOG_GROUP", "log_stream_name": "{instance_id}/magento"},
  {"file_path": "$php_fpm", "publish_multi_logs": true, "multi_line_start_pattern": "^\\\\[",
   "log_group_name": "$MAGENTO_LOG_GROUP", "log_stream_name": "{instance_id}/php-fpm"},
  {"file_path": "$cron",
   "log_group_name": "$MAGENTO_LOG_GROUP", "log_stream_name": "{instance_id}/cron"}
]}}}}
EOT
readonly control=("$agent/bin/amazon-cloudwatch-agent-ctl" -m ec2 -s)
if ! said=$("${control[@]}" -a append-config -c "file:$agent/etc/magento.json" 2>&1); then
  echo "the CloudWatch agent did not take $agent/etc/magento.json: $(tail -n 1 <<<"$said")" >&2
fi
