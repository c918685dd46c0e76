#!/usr/bin/env bash
# create_user.sh <username>: makes a client profile with its keys in it, and says where it is.
set -euo pipefail
umask 077
# shellcheck source=/dev/null
. "${OPENVPN_DIRECTORY:-/etc/openvpn}/pki_environment.sh"

require_user_name "$@"
user=$1
lock_pki
if is_taken "$user"; then
  echo "$user is taken (revoke_user.sh frees a user's name)" >&2
  exit 1
fi
if ! easyrsa build-client-full "$user" nopass; then
  # Of a half-made user, the name would be taken.
  rm -f "$EASYRSA_PKI/private/$user.key" "$EASYRSA_PKI/reqs/$user.req"
  exit 1
fi

write_profile "$user"
