#!/usr/bin/env bash
# Makes the certificate authority, the server's certificate and the tls-crypt key, unless the volume has them already.
set -euo pipefail
umask 077
# shellcheck source=/dev/null
. "${OPENVPN_DIRECTORY:-/etc/openvpn}/pki_environment.sh"

mkdir -p "$PROFILES"
lock_pki
if [[ ! -d $EASYRSA_PKI ]]; then
  finished=$EASYRSA_PKI
  # Under another name until it is whole, so that a boot that stops half-way leaves nothing that looks like one.
  export EASYRSA_PKI="$finished.unfinished"
  rm -rf "$EASYRSA_PKI"
  easyrsa init-pki
  # Only here: with a name of its own set, easy-rsa 3.1 refuses to make any other certificate. No passphrase, so that
  # create_user.sh needs none; the volume is encrypted and nobody but root reads it.
  EASYRSA_REQ_CN="OpenVPN certificate authority" easyrsa build-ca nopass
  # The name is in upper case, which no user's is: a user can't take the server's place.
  EASYRSA_CERT_EXPIRE=$SERVER_CERTIFICATE_DAYS easyrsa build-server-full SERVER nopass
  openvpn --genkey tls-crypt "$EASYRSA_PKI/tls-crypt.key"
  sync
  mv "$EASYRSA_PKI" "$finished"
  EASYRSA_PKI=$finished
fi
publish_revocations
