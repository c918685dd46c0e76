#!/usr/bin/env bash
# Asks the web server of this instance, past the load balancer, for real pages of a release, a shopper's cart and a static file
# that the home page names among them. A health check does not do: health_check.php answers 200 while all pages are 500.
set -euo pipefail

fail() {
  echo "$1" >&2
  exit 1
}
said=$(mktemp)
trap 'rm -f "$said"' EXIT
# The answer's status, with its body in $said.
ask() {
  curl --silent --show-error --max-time 120 --output "$said" --write-out '%{http_code}' --header "Host: $HOST_NAME" \
    --header 'X-Forwarded-Proto: https' "http://127.0.0.1$1"
}

running=$(sed --quiet --regexp-extended 's/^RELEASE=(.*)$/\1/p' /var/app/current/.platform/release.env 2>/dev/null | tail -n 1)
if [[ $running != "$RELEASE" ]]; then fail "$(hostname): runs ${running:-no release}, expected $RELEASE"; fi

# expect STATUS PAGE WANTED …
expect() {
  local status=$1 page=$2
  shift 2
  if [[ " $* " != *" $status "* ]]; then fail "$page: got $status, expected $1: $(head --bytes 300 "$said")"; fi
}

if [[ $TIER == back-office ]]; then
  page=/$BACK_OFFICE_PATH/
  status=$(ask "$page") || fail "$page: nginx does not answer"
  # It leads to its login.
  expect "$status" "$page" 200 302
  exit 0
fi
page='/customer/section/load/?sections=cart'
status=$(ask "$page") || fail "$page: nginx does not answer"
expect "$status" "$page" 200
# A parameter of its own keeps it out of the page cache.
page="/?verify=$RELEASE"
status=$(ask "$page") || fail "$page: nginx does not answer"
expect "$status" "$page" 200
static=$(
  # A shop that merges its files names the merged ones alone.
  grep --only-matching --extended-regexp '(version[^/ ]+/)?(frontend|_cache/merged)/[A-Za-z0-9_./-]+[.](css|js)' "$said" |
    head -n 1 || true
)
if [[ -z $static ]]; then fail "$page: got a page that names no static file, expected one below frontend/ or _cache/merged/"; fi
status=$(ask "/static/$static") || fail "/static/$static: nginx does not answer"
expect "$status" "/static/$static" 200
if [[ ! -s $said ]]; then fail "/static/$static: got an empty file: the home page names it"; fi
