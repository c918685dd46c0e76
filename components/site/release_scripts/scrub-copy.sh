#!/usr/bin/env bash
# Takes personal data out of a copy of the shop's database, and writes what remains to S3, for another stack.
#
# COPY is the copy's host. LIST is the s3:// address of what is done with each table. DUMP and FACTS are those for the results.
set -euo pipefail

readonly scripts=/var/app/current/.platform directory=/var/app/refresh
if [[ ! -f $scripts/scrub_copy.php ]]; then
  echo "$scripts: got no scrub_copy.php, expected a release of the shop that has one. Release the shop first." >&2
  exit 1
fi
mkdir -p "$directory"
exec 9<"$directory"
if ! flock --nonblock 9; then
  echo "$directory: another refresh is at work. Try again when it is done." >&2
  exit 1
fi
remove() { find "$directory" -mindepth 1 -delete; }
remove
trap remove EXIT
aws s3 cp --only-show-errors "$LIST" "$directory/list.json"
install -o webapp -g webapp /dev/null "$directory/facts.json"
chmod a+r "$directory/list.json"
# Without a file of its own: the disk may have no room for it. It is less than the 50 GB from which S3 must know its size.
runuser -u webapp -- php -d memory_limit=2G "$scripts/scrub_copy.php" "$COPY" "$directory/list.json" "$directory/facts.json" |
  gzip | aws s3 cp --only-show-errors - "$DUMP"
aws s3 cp --only-show-errors "$directory/facts.json" "$FACTS"
