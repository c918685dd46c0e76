#!/usr/bin/env bash
# Asks the web server of this instance, past the load balancer, for the page that the load balancer asks for.
set -euo pipefail

running=$(sed --quiet --regexp-extended 's/^RELEASE=(.*)$/\1/p' /var/app/current/.platform/release.env 2>/dev/null | tail -n 1)
if [[ $running != "$RELEASE" ]]; then
  echo "$(hostname): runs ${running:-no release}, expected $RELEASE" >&2
  exit 1
fi
status=$(curl --silent --show-error --max-time 120 --output /dev/null --write-out '%{http_code}' "http://127.0.0.1$PAGE")
if [[ ! $status =~ ^[23] ]]; then
  echo "$PAGE: got $status, expected 200" >&2
  exit 1
fi
