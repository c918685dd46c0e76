#!/usr/bin/env bash
# Runs before each start of Rundeck. If another version of it ran last, it copies the database first: a newer version changes
# the database for good when it starts, and the older one cannot read it any more. The three newest copies are kept.
set -euo pipefail

readonly data=${RUNDECK_DATA:-/var/lib/rundeck}
readonly database=$data/data/rundeckdb.mv.db
readonly ran_last=$data/version-that-ran-last
readonly copies=$data/copies

version=$(dpkg-query --show --showformat='${Version}' rundeck)
last=$(cat "$ran_last" 2>/dev/null || echo unknown)
if [[ $last == "$version" ]]; then exit 0; fi

if [[ -e $database ]]; then
  mkdir -p "$copies"
  copy="$copies/rundeckdb-$last.mv.db"
  cp "$database" "$copy.unfinished"
  sync "$copy.unfinished"
  mv "$copy.unfinished" "$copy"
  echo "The database of version $last is kept as $copy. Version $version starts now"
  find "$copies" -name 'rundeckdb-*.mv.db' -printf '%T@ %p\n' | sort --numeric-sort --reverse | tail --lines=+4 | cut --delimiter=' ' --fields=2- |
    xargs --no-run-if-empty --delimiter='\n' rm
fi
printf '%s\n' "$version" >"$ran_last.new"
mv "$ran_last.new" "$ran_last"
