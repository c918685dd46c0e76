# shellcheck shell=bash
# Sourced by the scripts that issue, renew, revoke or list: where the keys are, and what easy-rsa makes of them.

OPENVPN_DIRECTORY="${OPENVPN_DIRECTORY:-/etc/openvpn}"
# The days that each kind is valid for, as the stack file has them.
# shellcheck source=/dev/null
. "$OPENVPN_DIRECTORY/lifetimes.sh"
PKI_VOLUME="$OPENVPN_DIRECTORY/pki-data"
PROFILES="$PKI_VOLUME/profiles"

export EASYRSA_PKI="$PKI_VOLUME/pki"
export EASYRSA_BATCH=1
export EASYRSA_ALGO=ec EASYRSA_CURVE=secp384r1
export EASYRSA_CA_EXPIRE=$AUTHORITY_DAYS EASYRSA_CERT_EXPIRE=$USER_CERTIFICATE_DAYS
# An ended list would lock every user out: rotate_certificates.sh makes a new one each day.
export EASYRSA_CRL_DAYS=$REVOCATION_LIST_DAYS

# easy-rsa reads its standard input, and would eat what follows in a script that came from there; what it says is noise.
easyrsa() { "${EASYRSA:-/usr/share/easy-rsa/easyrsa}" "$@" </dev/null >&2; }

# One at a time: two at once would write one serial number, or half of the index.
lock_pki() {
  exec 9>"$PKI_VOLUME/.lock"
  flock 9
}

# Before a command says that it is done, what it did is on the volume: a server that dies the next moment would otherwise
# take it along, and let a revoked user in again.
write_to_volume() { sync --file-system "$PKI_VOLUME"; }

# OpenVPN reads the list anew at each connection, as nobody: in a place of its own that it may read, and in one piece.
publish_revocations() {
  easyrsa gen-crl
  install -m 0644 "$EASYRSA_PKI/crl.pem" "$OPENVPN_DIRECTORY/server/crl.pem.new"
  mv "$OPENVPN_DIRECTORY/server/crl.pem.new" "$OPENVPN_DIRECTORY/server/crl.pem"
}

# sign_again <client|server> <name>: another certificate for the same key and the same name. The one that there is stays
# whole until then, and valid to its end. easy-rsa has no such command in all releases: so the request is signed once
# more, under a name that no user can have.
sign_again() {
  rm -f "$EASYRSA_PKI/reqs/AGAIN.req" "$EASYRSA_PKI/issued/AGAIN.crt"
  cp "$EASYRSA_PKI/reqs/$2.req" "$EASYRSA_PKI/reqs/AGAIN.req"
  easyrsa sign-req "$1" AGAIN
  mv "$EASYRSA_PKI/issued/AGAIN.crt" "$EASYRSA_PKI/issued/$2.crt"
  rm "$EASYRSA_PKI/reqs/AGAIN.req"
}

# A renewed user has several: the serial numbers of the certificates of a name that are not revoked.
serials_of() {
  awk -F '\t' -v subject="/CN=$1" '$1 != "R" && $6 == subject { print $4 }' "$EASYRSA_PKI/index.txt"
}

# Everything that a user's client needs, in one file, whose path is printed.
write_profile() {
  local user=$1 profile="$PROFILES/$1.ovpn"
  {
    cat "$OPENVPN_DIRECTORY/client.ovpn"
    inline ca <"$EASYRSA_PKI/ca.crt"
    openssl x509 -in "$EASYRSA_PKI/issued/$user.crt" | inline cert
    inline key <"$EASYRSA_PKI/private/$user.key"
    inline tls-crypt <"$EASYRSA_PKI/tls-crypt.key"
  } >"$profile.new"
  mv "$profile.new" "$profile"
  write_to_volume
  echo "$profile"
}
inline() { printf '<%s>\n%s\n</%s>\n' "$1" "$(cat)" "$1"; }

# ends: for each user, the days that the certificate has left, the day on which it ends, and the name; negative when it
# has ended. Then the same of the authority, the server and the list of revoked certificates, whose names no user has.
ends() {
  local file
  for file in "$EASYRSA_PKI"/issued/*.crt; do
    [[ ! -e $file ]] || end_of "$(basename "$file" .crt)" "$(openssl x509 -noout -enddate -in "$file")"
  done
  end_of AUTHORITY "$(openssl x509 -noout -enddate -in "$EASYRSA_PKI/ca.crt")"
  end_of REVOCATIONS "$(openssl crl -noout -nextupdate -in "$EASYRSA_PKI/crl.pem")"
}
end_of() {
  local end seconds
  end=$(date --utc --date "${2#*=}" +%s)
  seconds=$((end - $(date +%s)))
  # Rounded down, also below nothing: what has ended is never 0.
  echo "$(((seconds < 0 ? seconds - 86399 : seconds) / 86400)) $(date --utc --date "@$end" +%F) $1"
}

# Refuses what could be an option, a path, a hidden file or a line of a configuration.
require_user_name() {
  local LC_ALL=C
  if [[ $# -ne 1 || ! $1 =~ ^[a-z0-9_][a-z0-9._-]{0,31}$ ]]; then
    echo "usage: ${0##*/} <username>: 1 to 32 of a-z 0-9 . _ -, and neither . nor - first" >&2
    exit 2
  fi
}
