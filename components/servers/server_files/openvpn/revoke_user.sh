#!/usr/bin/env bash
# revoke_user.sh <username>: the user's profile stops working, and a connection that is up ends. The name is free again.
set -euo pipefail
umask 077
# shellcheck source=/dev/null
. "${OPENVPN_DIRECTORY:-/etc/openvpn}/pki_environment.sh"

require_user_name "$@"
user=$1
lock_pki
# The authority's own key has the name ca.
if [[ $user == ca ]] || ! is_taken "$user"; then
  echo "$user is no user" >&2
  exit 1
fi
# A session that ends does not stop it half-way: the user would be none any more, and still get in. Each boot publishes the
# list after a power failure.
trap '' HUP INT TERM
# All that the user has: after renew_user.sh, the certificate before is valid too.
revoke_all() {
  local serial
  for serial in $(serials_of "$user"); do
    cp "$EASYRSA_PKI/certs_by_serial/$serial.pem" "$EASYRSA_PKI/issued/$user.crt"
    easyrsa revoke "$user" cessationOfOperation
  done
}
# easy-rsa keeps them from 3.2 on, and takes the name for taken as long as they are there.
forget() { rm -f "$EASYRSA_PKI/private/$user.key" "$EASYRSA_PKI/reqs/$user.req"; }

for_each_authority revoke_all
publish_revocations
for_each_authority forget
rm -f "$PROFILES/$user.ovpn"

console="${OPENVPN_CONSOLE:-/run/openvpn-server/console.sock}"
if [[ -S $console ]]; then
  printf 'kill %s\nquit\n' "$user" | socat -t 5 - "UNIX-CONNECT:$console" >/dev/null
fi
write_to_volume
