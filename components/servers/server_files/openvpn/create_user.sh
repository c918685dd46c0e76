#!/usr/bin/env bash
# create_user.sh <username>: makes a client profile with its keys in it, and says where it is.
set -euo pipefail
umask 077
# shellcheck source=/dev/null
. "${OPENVPN_DIRECTORY:-/etc/openvpn}/pki_environment.sh"

require_user_name "$@"
user=$1
lock_pki
for taken in "issued/$user.crt" "private/$user.key" "reqs/$user.req"; do
  if [[ -e $EASYRSA_PKI/$taken || -e $OLD_PKI/$taken ]]; then
    echo "$user is taken (revoke_user.sh frees a user's name)" >&2
    exit 1
  fi
done
if ! easyrsa build-client-full "$user" nopass; then
  # A half-made user could neither be made again nor revoked.
  rm -f "$EASYRSA_PKI/private/$user.key" "$EASYRSA_PKI/reqs/$user.req"
  exit 1
fi

write_profile "$user"
