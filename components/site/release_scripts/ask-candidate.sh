#!/usr/bin/env bash
# Unpacks a release beside the running one, on the back office's instance, and asks it what it would change.
#
# BUNDLE and FACTS are s3:// addresses: FACTS gets the answers, since Systems Manager keeps only 24,000 characters.
set -euo pipefail

readonly candidates=/var/app/candidates
readonly directory=$candidates/$RELEASE

mkdir -p "$candidates"
exec 9<"$candidates"
if ! flock --nonblock 9; then
  echo "$candidates: another candidate is being asked. Try again when it is done." >&2
  exit 1
fi

if [[ ! -e $directory.complete ]]; then
  # One candidate is kept: each has as many files as the running release.
  rm -rf "${candidates:?}"/*
  aws s3 cp --only-show-errors "$BUNDLE" "$candidates/bundle.zip"
  if ! sha256sum --check --status <<<"$SHA256  $candidates/bundle.zip"; then
    echo "$BUNDLE: got another file than the one that was uploaded, expected SHA-256 $SHA256" >&2
    exit 1
  fi
  needed=$(unzip -Zt "$candidates/bundle.zip" | awk '{print $3}')
  free=$(df --output=avail --block-size=1 "$candidates" | tail -n 1)
  if ((free < needed * 2)); then
    echo "$candidates: got $((free >> 20)) MiB free, expected $((needed >> 19)) MiB: twice what the release unpacks to" >&2
    exit 1
  fi
  unzip -q "$candidates/bundle.zip" -d "$directory"
  rm "$candidates/bundle.zip"
  cd "$directory"
  # Its env.php, with cache keys of its own.
  MAGENTO_CONFIGURATION=$(/opt/elasticbeanstalk/bin/get-config environment -k MAGENTO_CONFIGURATION) \
    .platform/hooks/prebuild/10_fetch_site_configuration.sh
  chown -R webapp:webapp "$directory"
  touch "$directory.complete"
fi

cd "$directory"
runuser -u webapp -- php .platform/candidate_facts.php /var/app/current >"$candidates/facts.json"
aws s3 cp --only-show-errors "$candidates/facts.json" "$FACTS"
