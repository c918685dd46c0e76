#!/usr/bin/env bash
# Sets PHP up for Magento: OPcache and the realpath cache, and as many workers of php-fpm as fit into the memory.
# Beanstalk restarts php-fpm after the prebuild hooks. OPcache never looks at a file twice, so it needs that.
# Source of the figures: "Software recommendations", Adobe Commerce.
set -euo pipefail

readonly web_limit_mib=1024
readonly opcache_mib=512
# The system, nginx, the CloudWatch agent and Beanstalk's own.
readonly system_mib=768
# A command of cron or a consumer at the limit of the command line. The environment's memory_limit is the same, but AWS does
# not say whether Beanstalk sets it for commands, too: PHP's own limit is 128 MiB.
readonly command_mib=2048
# With fewer, two long requests would keep the health check waiting. An instance of 4 GiB thus counts on requests that
# stay below the limit, as most do.
readonly least_workers=4

# All workers at their limit together must fit, or the kernel ends one in the middle of an order:
#   workers = (memory - system - OPcache - commands) / limit of a web request
memory_mib=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
free_mib=$((memory_mib - system_mib - opcache_mib))
if [[ ${MAGENTO_TIER:-} == back-office ]]; then free_mib=$((free_mib - command_mib)); fi
workers=$((free_mib / web_limit_mib))
if ((workers < least_workers)); then workers=$least_workers; fi

# Writes standard input to a file, whole or not at all.
put() {
  mkdir -p "$(dirname "$1")"
  cat >"$1.new"
  chmod 0644 "$1.new"
  mv "$1.new" "$1"
}

put /etc/php.d/99-magento.ini <<EOT
; Written at each deploy by .platform/hooks/prebuild/40_tune_php.sh.
memory_limit = ${command_mib}M
opcache.memory_consumption = $opcache_mib
opcache.max_accelerated_files = 60000
opcache.validate_timestamps = 0
opcache.save_comments = 1
opcache.enable_cli = 1
realpath_cache_size = 10M
realpath_cache_ttl = 7200
; As client_max_body_size of nginx.
post_max_size = 64M
upload_max_filesize = 64M
EOT

# A second section of the same name adds to the pool that Amazon Linux sets up in www.conf.
put /etc/php-fpm.d/zz-magento.conf <<EOT
; Written at each deploy by .platform/hooks/prebuild/40_tune_php.sh.
[www]
pm = ondemand
pm.max_children = $workers
pm.process_idle_timeout = 60s
pm.max_requests = 1000
; Neither Magento's .user.ini nor its code changes this limit: the number of workers counts on it.
php_admin_value[memory_limit] = ${web_limit_mib}M
; max_execution_time does not count the time that PHP waits for others. nginx gives up after 610 s.
request_terminate_timeout = 615s
EOT
