#!/usr/bin/env bash
# Sets PHP up: OPcache and the realpath cache as "Performance", Symfony, recommends, and the size of uploads.
# OPcache goes on looking whether a file has changed: FTP users may write into the release.
set -euo pipefail

readonly file=/etc/php.d/99-satellite.ini

mkdir -p "$(dirname "$file")"
cat >"$file.new" <<EOT
; Written at each deploy by .platform/hooks/prebuild/40_tune_php.sh.
opcache.memory_consumption = 256
opcache.max_accelerated_files = 20000
realpath_cache_size = 4096K
realpath_cache_ttl = 600
; As client_max_body_size of nginx.
post_max_size = 64M
upload_max_filesize = 64M
EOT
chmod 0644 "$file.new"
mv "$file.new" "$file"
