#!/usr/bin/env bash
# Gives the new release its own statics on the share, and links pub/static to them. A host that still runs another release
# goes on serving that one's. The share has a directory a release, and keeps the last three, and those that a host runs.
# Beside them:
#   .releases     the releases that have a directory, the one deployed last first
#   .hosts/ID     the releases that instance ID runs and is about to run
#   .lock         taken while a host changes the share
set -euo pipefail

readonly root=/mnt/nfs
readonly directory=pub/static
readonly kept=3
# A host that had no deployment for so long is taken for one that was replaced.
readonly host_days=180

share=
for each in ${MAGENTO_NFS_SHARES:-}; do
  if [[ ${each#*:} == "$directory" ]]; then share=$root/$(basename "${each%%:*}"); fi
done
if [[ -z $share ]]; then exit 0; fi

release_of() {
  sed --quiet --regexp-extended 's/^RELEASE=([A-Za-z0-9_-]{1,40})$/\1/p' "$1/.platform/release.env" 2>/dev/null | tail -n 1
}

release=$(release_of . || true)
if [[ -z $release ]]; then
  echo ".platform/release.env: no line RELEASE=…. Build the bundle with the release tool." >&2
  exit 1
fi
if ! mountpoint -q "$share"; then
  echo "$share: not mounted, expected the share of $directory. Check the file server." >&2
  exit 1
fi
token=$(
  curl --fail --silent --show-error --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' \
    http://169.254.169.254/latest/api/token
)
instance=$(
  curl --fail --silent --show-error --header "X-aws-ec2-metadata-token: $token" \
    http://169.254.169.254/latest/meta-data/instance-id
)

# The file server gives all files to one owner. Where it does not, the web server's user gets them.
give_away() { find "$@" -user root -exec chown --no-dereference webapp:webapp {} +; }

# Writes standard input to a file of the share, whole.
write() {
  cat >"$1.new"
  give_away "$1.new"
  mv "$1.new" "$1"
}

umask 022
readonly new_release=$PWD
cd "$share"
exec 9>.lock
if ! flock --wait 900 9; then
  echo "$share/.lock: another host has held it for 900 seconds. Deploy again when it is done." >&2
  exit 1
fi
mkdir -p .hosts
give_away .lock .hosts
# What a host left that was interrupted.
find . -mindepth 1 -maxdepth 1 \( -name '.*.new' -o -name '.*.old' \) -exec rm --recursive {} +

# First, so that other hosts leave this release and the one that still runs here alone.
{
  echo "$release"
  release_of /var/app/current || true
} | sort --unique | write ".hosts/$instance"

if [[ ! -d ./$release ]]; then
  mkdir "./.$release.new"
  if [[ -d $new_release/$directory && ! -L $new_release/$directory ]]; then
    cp --recursive --no-dereference --preserve=timestamps "$new_release/$directory/." "./.$release.new"
  fi
  give_away "./.$release.new"
  # Only a complete copy has the release's name.
  mv --no-target-directory "./.$release.new" "./$release"
fi

touch .releases
{
  echo "$release"
  grep --invert-match --line-regexp --fixed-strings --regexp="$release" .releases || true
} | write .releases

find .hosts -type f -mtime "+$host_days" -delete
in_use=$(head -n "$kept" .releases && find .hosts -type f -exec cat {} +)
mapfile -t gone < <(grep --invert-match --line-regexp --fixed-strings --regexp="$in_use" .releases)
for old in "${gone[@]}"; do
  # Out of its place first: what is half removed must not look like a release's.
  if [[ -d ./$old ]]; then mv --no-target-directory "./$old" "./.$old.old"; fi
  rm --recursive --force "./.$old.old"
  grep --invert-match --line-regexp --fixed-strings --regexp="$old" .releases | write .releases
done
exec 9>&-

cd "$new_release"
if [[ -d $directory && ! -L $directory ]]; then rm --recursive "$directory"; fi
mkdir -p "$(dirname "$directory")"
ln --symbolic --force --no-dereference "$share/$release" "$directory"
