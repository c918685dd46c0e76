#!/usr/bin/env bash
# Unpacks a release beside the running one, on the back office's instance, and asks it what it would change:
#
#   ask_candidate.sh RELEASE BUNDLE SHA256 FACTS
#
# BUNDLE and FACTS are s3:// addresses: FACTS gets the answers, since Systems Manager keeps only 24,000 characters.
# The release tool sends this text with AWS-RunShellScript. It runs as root.
set -euo pipefail

readonly release=$1 bundle=$2 sha256=$3 facts=$4
readonly candidates=/var/app/candidates
readonly directory=$candidates/$release

mkdir -p "$candidates"
exec 9<"$candidates"
if ! flock --nonblock 9; then
  echo "$candidates: another candidate is being asked. Try again when it is done." >&2
  exit 1
fi

if [[ ! -e $directory.complete ]]; then
  # One candidate is kept: each has as many files as the running release.
  rm -rf "${candidates:?}"/*
  aws s3 cp --only-show-errors "$bundle" "$candidates/bundle.zip"
  if ! sha256sum --check --status <<<"$sha256  $candidates/bundle.zip"; then
    echo "$bundle: got another file than the one that was uploaded, expected SHA-256 $sha256" >&2
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
aws s3 cp --only-show-errors "$candidates/facts.json" "$facts"
