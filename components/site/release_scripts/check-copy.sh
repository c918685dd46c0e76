#!/usr/bin/env bash
# Runs the running release against a copy of its database, in a directory of its own, and says whether a page comes.
#
# COPY is the copy's host. FACTS is the s3:// address that gets the answers.
set -euo pipefail

readonly running=/var/app/current directory=/var/app/drill
if [[ ! -f $running/.platform/check_copy.php ]]; then
  echo "$running: got no .platform/check_copy.php, expected a release of the shop that has one. Release the shop first." >&2
  exit 1
fi
mkdir -p "$directory"
exec 9<"$directory"
if ! flock --nonblock 9; then
  echo "$directory: another drill is at work. Try again when it is done." >&2
  exit 1
fi
remove() { find "$directory" -mindepth 1 -delete; }
remove
trap remove EXIT
# Links take no space. What the release writes to must be no link to the shop's own file.
cp --archive --link "$running/." "$directory"
rm -rf "${directory:?}/var" "${directory:?}/app/etc/env.php"
install -d -o webapp -g webapp "$directory"/var "$directory"/var/log
chown webapp:webapp "$directory" "$directory/app/etc"
cd "$directory"
runuser -u webapp -- php .platform/check_copy.php "$running" "$COPY" "$HOST_NAME" >"$directory/facts.json"
aws s3 cp --only-show-errors "$directory/facts.json" "$FACTS"
