#!/usr/bin/env bash
# Sets PHP up: OPcache and the realpath cache as "Performance", Symfony, recommends, the size of uploads, and as many
# workers of php-fpm as fit into the memory.
# OPcache goes on looking whether a file has changed: FTP users may write into the release.
set -euo pipefail

readonly opcache_mib=256
# The system, the web server, the CloudWatch agent and Beanstalk's own.
readonly system_mib=768
# A command of cron at the limit of the command line. The environment's memory_limit is the same, but AWS does not say
# whether Beanstalk sets it for commands, too: PHP's own limit is 128 MiB.
readonly command_mib=2048
# With fewer, two long requests would keep the health check waiting. A small instance thus counts on requests that stay
# below the limit, as most do.
readonly least_workers=4

# A request may use as much as Magento's, and half of it on small instances. Akeneo PIM asks for at least 256 MiB ("README",
# akeneo/pim-community-dev).
memory_mib=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
web_limit_mib=512
if ((memory_mib >= 6144)); then web_limit_mib=1024; fi

# All workers at their limit together must fit, or the kernel ends one in the middle of a request:
#   workers = (memory - system - OPcache - commands) / limit of a web request
free_mib=$((memory_mib - system_mib - opcache_mib))
if [[ -n ${CRON_TABLE_BASE64:-} ]]; then free_mib=$((free_mib - command_mib)); fi
workers=$((free_mib / web_limit_mib))
if ((workers < least_workers)); then workers=$least_workers; fi

# Writes standard input to a file, whole or not at all.
put() {
  mkdir -p "$(dirname "$1")"
  cat >"$1.new"
  chmod 0644 "$1.new"
  mv "$1.new" "$1"
}

put /etc/php.d/99-satellite.ini <<EOT
; Written at each deploy by .platform/hooks/prebuild/40_tune_php.sh.
memory_limit = ${command_mib}M
opcache.memory_consumption = $opcache_mib
opcache.max_accelerated_files = 20000
realpath_cache_size = 4096K
realpath_cache_ttl = 600
; As client_max_body_size of nginx.
post_max_size = 64M
upload_max_filesize = 64M
EOT

# A second section of the same name adds to the pool that Amazon Linux sets up in www.conf.
put /etc/php-fpm.d/zz-satellite.conf <<EOT
; Written at each deploy by .platform/hooks/prebuild/40_tune_php.sh.
[www]
pm = ondemand
pm.max_children = $workers
pm.process_idle_timeout = 60s
pm.max_requests = 1000
; The application's code does not change this limit: the number of workers counts on it.
php_admin_value[memory_limit] = ${web_limit_mib}M
; max_execution_time does not count the time that PHP waits for others. The web server gives up after 610 s.
request_terminate_timeout = 615s
; What the application says on php://stderr goes to php-fpm's log. By default php-fpm throws it away.
catch_workers_output = yes
decorate_workers_output = no
EOT
