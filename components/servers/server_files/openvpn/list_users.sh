#!/usr/bin/env bash
# list_users.sh: the users, and how many days their certificates have left, the first to end first. Then the same of what
# all of them need. Those in upper case are the server's own.
set -euo pipefail
# shellcheck source=/dev/null
. "${OPENVPN_DIRECTORY:-/etc/openvpn}/pki_environment.sh"

printf '%-9s  %-10s  %s\n' "Days left" Ends User
ends | sort --numeric-sort | while read -r days day name; do printf '%9s  %s  %s\n' "$days" "$day" "$name"; done
