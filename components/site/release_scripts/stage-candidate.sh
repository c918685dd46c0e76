#!/usr/bin/env bash
# Unpacks a release beside the running one, on the back office's instance, with an env.php of its own. One is kept: each has
# as many files as the running release.
#
# BUNDLE is an s3:// address. SHA256 is "unknown" for a bundle that another tool uploaded.
set -euo pipefail

readonly candidates=/var/app/candidates
readonly directory=$candidates/$RELEASE

mkdir -p "$candidates"
exec 9<"$candidates"
if ! flock --wait 60 9; then
  echo "$candidates: another candidate is at work. Try again when it is done." >&2
  exit 1
fi
if [[ -e $directory.complete ]]; then exit 0; fi

rm -rf "${candidates:?}"/*
aws s3 cp --only-show-errors "$BUNDLE" "$candidates/bundle.zip"
if [[ $SHA256 != unknown ]] && ! sha256sum --check --status <<<"$SHA256  $candidates/bundle.zip"; then
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
# Its env.php, with cache keys of its own, and the way to the cache that it needs.
while IFS= read -r -d '' property; do export "${property?}"; done < <(
  /opt/elasticbeanstalk/bin/get-config environment |
    python3 -c 'import json, sys; [print(f"{k}={v}", end="\0") for k, v in json.load(sys.stdin).items() if k.startswith("MAGENTO_")]'
)
for hook in 10_fetch_site_configuration.sh 15_open_cache_tunnel.sh; do
  if [[ -f .platform/hooks/prebuild/$hook ]]; then bash ".platform/hooks/prebuild/$hook"; fi
done
chown -R webapp:webapp "$directory"
touch "$directory.complete"
