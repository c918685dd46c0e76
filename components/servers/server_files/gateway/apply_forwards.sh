#!/usr/bin/env bash
# Puts forwards into effect: `apply_forwards.sh <directory>`, which has the new file at its path. Connections that are
# open stay open. If HAProxy does not take the file, or does not serve with it, the one before stays in effect.
set -euo pipefail

readonly file=/etc/haproxy/gateway.cfg
readonly new=$1$file
# Of its counters: METRICS_PORT in the gateway's component.
readonly port=8405

# As the service has it.
export RES_OPTIONS="timeout:1 attempts:2"
if ! said=$(haproxy -c -f "$new" 2>&1); then
  echo "$said"
  grep --max-count=1 ALERT <<<"$said"
  exit 1
fi

# serve <revision>: whether HAProxy serves with it. The check above does not bind the ports, and a reload that fails
# goes on with the process before.
serve() {
  local revision=$1 deadline=$((SECONDS + 15))
  systemctl reload-or-restart haproxy || return 1
  until [[ $(curl --silent --max-time 2 http://127.0.0.1:$port/configuration) == "$revision" ]]; do
    if ((SECONDS >= deadline)); then return 1; fi
    sleep 0.2
  done
}
revision_of() { sed -n 's|.* string \([0-9a-f]*\) if { path /configuration }|\1|p' "$1"; }

install --mode=0644 "$new" "$file"
started=$(date +%s)
systemctl daemon-reload
systemctl enable haproxy
if serve "$(revision_of "$file")"; then
  # Here and not before: a run that is cut off leaves a file that nobody has served with.
  cp "$file" "$file.served"
  exit 0
fi

if [[ -e $file.served ]]; then
  cp "$file.served" "$file"
  serve "$(revision_of "$file")" || echo "HAProxy does not serve with the configuration before either"
else
  rm "$file"
fi
# The first of what it says is what went wrong.
journalctl --unit haproxy --since "@$started" --output cat --no-pager | grep ALERT | sed --quiet 1p ||
  echo "HAProxy does not serve with it: journalctl --unit haproxy says why"
exit 1
