#!/usr/bin/env bash
# Makes the certificate authority, the server's certificate and the tls-crypt key, unless the volume has them already.
set -euo pipefail
umask 077
# shellcheck source=/dev/null
. "${OPENVPN_DIRECTORY:-/etc/openvpn}/pki_environment.sh"

mkdir -p "$PROFILES"
lock_pki
if [[ ! -d $EASYRSA_PKI ]]; then make_pki "$EASYRSA_PKI" "OpenVPN certificate authority"; fi
publish_revocations
publish_authorities
