#!/usr/bin/env bash
# renew_user.sh <username>: a new certificate for the user's key, in a new profile. The old profile works until its own
# certificate ends, so that nobody is cut off while the new one is on its way.
set -euo pipefail
umask 077
# shellcheck source=/dev/null
. "${OPENVPN_DIRECTORY:-/etc/openvpn}/pki_environment.sh"

require_user_name "$@"
user=$1
lock_pki
if ! has_user "$user"; then
  echo "$user is no user" >&2
  exit 1
fi
# Of the authority before: the new one signs for the same key.
if [[ ! -e $EASYRSA_PKI/issued/$user.crt ]]; then
  cp "$OLD_PKI/private/$user.key" "$EASYRSA_PKI/private/"
  cp "$OLD_PKI/reqs/$user.req" "$EASYRSA_PKI/reqs/"
fi
sign_again client "$user"
write_profile "$user"
