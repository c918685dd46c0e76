# shellcheck shell=bash
# Sourced by the scripts that issue or revoke: where the keys are, and what easy-rsa makes of them.

OPENVPN_DIRECTORY="${OPENVPN_DIRECTORY:-/etc/openvpn}"
PKI_VOLUME="$OPENVPN_DIRECTORY/pki-data"
# shellcheck disable=SC2034  # for the scripts that source this
PROFILES="$PKI_VOLUME/profiles"

export EASYRSA_PKI="$PKI_VOLUME/pki"
export EASYRSA_BATCH=1
export EASYRSA_ALGO=ec EASYRSA_CURVE=secp384r1
export EASYRSA_CA_EXPIRE=3650
# An expired list would lock every user out.
export EASYRSA_CRL_DAYS=3650

# easy-rsa reads its standard input, and would eat what follows in a script that came from there; what it says is noise.
easyrsa() { "${EASYRSA:-/usr/share/easy-rsa/easyrsa}" "$@" </dev/null >&2; }

# One at a time: two at once would write one serial number, or half of the index.
lock_pki() {
  exec 9>"$PKI_VOLUME/.lock"
  flock 9
}

# OpenVPN reads the list anew at each connection, as nobody: in a place of its own that it may read, and in one piece.
publish_revocations() {
  easyrsa gen-crl
  install -m 0644 "$EASYRSA_PKI/crl.pem" "$OPENVPN_DIRECTORY/server/crl.pem.new"
  mv "$OPENVPN_DIRECTORY/server/crl.pem.new" "$OPENVPN_DIRECTORY/server/crl.pem"
}

# Refuses what could be an option, a path, a hidden file or a line of a configuration.
require_user_name() {
  local LC_ALL=C
  if [[ $# -ne 1 || ! $1 =~ ^[a-z0-9_][a-z0-9._-]{0,31}$ ]]; then
    echo "usage: ${0##*/} <username>: 1 to 32 of a-z 0-9 . _ -, and neither . nor - first" >&2
    exit 2
  fi
}
