#!/usr/bin/env bash
# list_users.sh: the users, and how many days their certificates have left, the first to end first, with the same of what
# all of them need. Those in upper case are the server's own. While the authority is renewed, "old" are those that end with
# the authority before.
set -euo pipefail
# shellcheck source=/dev/null
. "${OPENVPN_DIRECTORY:-/etc/openvpn}/pki_environment.sh"

printf '%-9s  %-10s  %-9s  %s\n' "Days left" Ends Authority User
ends | sort --numeric-sort | while read -r days day name authority; do
  printf '%9s  %s  %-9s  %s\n' "$days" "$day" "$authority" "$name"
done
