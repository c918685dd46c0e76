#!/usr/bin/env bash
# Brings the server up: installs the agent of Session Manager and the packages, runs the scripts that the list names, in
# its order, and says how it went with boot-status. cloud-init runs it at every boot; running it once more by hand is safe.
set -euo pipefail

readonly scripts=${BOOT_SCRIPTS:-/etc/boot-platform/scripts}
readonly log=${BOOT_LOG:-/var/log/boot-platform.log}
readonly written=${BOOT_WRITTEN:-/var/lib/boot-platform/written}
readonly console=${BOOT_CONSOLE:-/dev/console}

# Also to the console, which AWS shows for a server that nobody can log in to ("get-console-output"). Where there is none,
# tee goes on with the log.
exec > >(tee --append "$log" "$console" >/dev/null) 2>&1

current=none
report() {
  local code=$?
  echo "$(date --utc --iso-8601=seconds) ended with $code at $current"
  if ((code == 0)); then boot-status ready; else boot-status failed "$current"; fi
  # At once: what it published while it booted, that it is not ready, would stand for five minutes.
  systemctl start publish-boot-status || true
}
trap report EXIT

# What cloud-init has written is on the disk before it counts as written. Without this mark, the next boot writes it again.
if [[ ! -e $written ]]; then
  sync
  mkdir -p "$(dirname "$written")"
  touch "$written"
fi

# The way in comes before all that may fail, and a server without it still does its work.
install_session_manager() {
  install-session-manager </dev/null || echo "Session Manager's agent is not there: the boot goes on without it"
}

install_session_manager
current=install-packages
"$current" </dev/null
# Once more, for an image without curl, or where packages were half installed. It is nothing if the agent is there.
install_session_manager
# A server that cannot say so goes on booting: the end of it is what counts.
boot-status booting || true
systemctl daemon-reload && systemctl start publish-boot-status.timer publish-logs.timer publish-logs-at-end || true
# On a descriptor of its own, so that a script which reads its standard input does not eat the rest of the list.
while read -r current <&3; do
  echo "$(date --utc --iso-8601=seconds) $current"
  "$current" </dev/null
  # So that a power failure takes nothing away from a server that is ready, and no script begins with half of what the
  # one before has made.
  sync
done 3<"$scripts"
current=end
