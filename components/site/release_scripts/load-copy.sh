#!/usr/bin/env bash
# Replaces the shop's database by what is left of a copy of another stack's, and brings it to the running release. Prints the
# settings that only people can enter again.
#
# DUMP is the s3:// address of what scrub-copy wrote. It begins from the start each time.
set -euo pipefail

readonly running=/var/app/current directory=/var/app/refresh
if [[ ! -f $running/.platform/load_copy.php ]]; then
  echo "$running: got no .platform/load_copy.php, expected a release of the shop that has one. Release the shop first." >&2
  exit 1
fi
mkdir -p "$directory"
exec 9<"$directory"
# One whose sender was killed still runs.
if ! flock --wait 600 9; then
  echo "$directory: another refresh is at work. Try again when it is done." >&2
  exit 1
fi
trap 'rm -f "$directory/missing"' EXIT
magento() {
  local said
  if ! said=$(cd "$running" && runuser -u webapp -- php -d memory_limit=2G bin/magento "$@" --no-interaction --no-ansi 2>&1); then
    echo "bin/magento $1 failed: $(tail -n 20 <<<"$said" | php "$running/.platform/without_secrets.php")" >&2
    return 1
  fi
}

aws s3 cp --only-show-errors "$DUMP" - | gunzip |
  runuser -u webapp -- php -d memory_limit=2G "$running/.platform/load_copy.php" >"$directory/missing"
# What is cached is of the database before.
magento cache:flush
code=0
(cd "$running" && runuser -u webapp -- php bin/magento setup:db:status --no-interaction >/dev/null 2>&1) || code=$?
# The other stack may run an older release. Any other code is one that setup:upgrade says more about.
if ((code != 0)); then magento setup:upgrade --keep-generated; fi
magento app:config:import
magento setup:db:status
magento cache:flush
cat "$directory/missing"
