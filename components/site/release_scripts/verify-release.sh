#!/usr/bin/env bash
# Asks the web server of this instance, past the load balancer, for real pages of a release: PATHS, and a static file that the
# home page names. A health check does not do: health_check.php answers 200 while all pages are 500.
set -euo pipefail

fail() {
  echo "$1" >&2
  exit 1
}
said=$(mktemp)
trap 'rm -f "$said"' EXIT
# The answer's status, with its body in $said. A parameter of its own keeps it out of the page cache.
ask() {
  local separator='?'
  if [[ $1 == *\?* ]]; then separator='&'; fi
  curl --silent --show-error --max-time 120 --output "$said" --write-out '%{http_code}' --header "Host: $HOST_NAME" \
    --header 'X-Forwarded-Proto: https' "http://127.0.0.1$1${2:+$separator$2}"
}

running=$(sed --quiet --regexp-extended 's/^RELEASE=(.*)$/\1/p' /var/app/current/.platform/release.env 2>/dev/null | tail -n 1)
if [[ $running != "$RELEASE" ]]; then fail "$(hostname): runs ${running:-no release}, expected $RELEASE"; fi
for path in $PATHS; do
  status=$(ask "$path" "verify=$RELEASE") || fail "$path: nginx does not answer"
  # The back office leads to its login.
  if [[ $status != 200 && ! ($path != / && $status == 302) ]]; then
    fail "$path: got $status, expected 200: $(head --bytes 300 "$said")"
  fi
  if [[ $path == / ]]; then
    static=$(grep --only-matching --extended-regexp '(version[0-9]+/)?frontend/[A-Za-z0-9_-]+/[A-Za-z0-9_./-]+\.(css|js)' "$said" |
      head -n 1 || true)
  fi
done
if [[ " $PATHS " == *' / '* ]]; then
  if [[ -z ${static:-} ]]; then fail "/: got a page that names no static file, expected one below frontend/"; fi
  status=$(ask "/static/$static") || fail "/static/$static: nginx does not answer"
  if [[ $status != 200 || ! -s $said ]]; then fail "/static/$static: got $status, expected 200: the home page names it"; fi
fi
