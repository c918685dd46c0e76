#!/usr/bin/env bash
# Offers databases for people to log in to: `apply_databases.sh <directory>`, which has the new list at its path. PHP reads
# it at each request, so that nobody is logged out.
set -euo pipefail

readonly file=${PHPMYADMIN_DATABASES:-/etc/phpmyadmin/databases.php}
readonly new=$1/etc/phpmyadmin/databases.php

# The shell leaves PHP its variable.
# shellcheck disable=SC2016
if ! said=$(php -d display_errors=stderr -r 'exit(is_array(require $argv[1]) ? 0 : 1);' -- "$new" 2>&1); then
  # In one line. Without a word of PHP's, the file is sound and gives something else.
  echo "${said:-databases.php: expected a list of servers}" | tr '\n' ' '
  exit 1
fi
# Never half a file.
install -D --mode=0644 "$new" "$file.new"
mv "$file.new" "$file"
