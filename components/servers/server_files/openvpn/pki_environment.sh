# shellcheck shell=bash
# Sourced by the scripts that issue, renew, revoke or list: where the keys are, and what easy-rsa makes of them.

OPENVPN_DIRECTORY="${OPENVPN_DIRECTORY:-/etc/openvpn}"
# The days that each kind is valid for, as the stack file has them.
# shellcheck source=/dev/null
. "$OPENVPN_DIRECTORY/lifetimes.sh"
PKI_VOLUME="$OPENVPN_DIRECTORY/pki-data"
PROFILES="$PKI_VOLUME/profiles"
# The authority before, with all that it signed, while renew_authority.sh replaces it. It signs nothing new for users.
OLD_PKI="$PKI_VOLUME/old-pki"

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
  # A renewal of the authority that stopped between its two steps: renew_authority.sh.
  if [[ -d $PKI_VOLUME/pki.next && ! -d $EASYRSA_PKI ]]; then mv "$PKI_VOLUME/pki.next" "$EASYRSA_PKI"; fi
}

# Before a command says that it is done, what it did is on the volume: a server that dies the next moment would otherwise
# take it along, and let a revoked user in again.
write_to_volume() { sync --file-system "$PKI_VOLUME"; }

# for_each_authority <command> …: runs it for the authority that signs, then for the one before, if there is one.
for_each_authority() {
  "$@"
  if [[ -d $OLD_PKI ]]; then in_old_pki "$@"; fi
}
in_old_pki() {
  local -x EASYRSA_PKI=$OLD_PKI
  "$@"
}
print_authority() { openssl x509 -in "$EASYRSA_PKI/ca.crt"; }
print_revocations() { cat "$EASYRSA_PKI/crl.pem"; }

# OpenVPN reads the lists anew at each connection, as nobody: in a place of its own that it may read, and in one piece.
publish_revocations() {
  for_each_authority easyrsa gen-crl
  publish crl.pem for_each_authority print_revocations
}

# make_pki <directory> <name>: an authority of that name, and a certificate of it for the server. It has another name
# until it is whole, so that a run that stops half-way leaves nothing that looks like one.
make_pki() {
  local -x EASYRSA_PKI="$1.unfinished"
  rm -rf "$EASYRSA_PKI"
  easyrsa init-pki
  # Only here: with a name of its own set, easy-rsa 3.1 refuses to make any other certificate. No passphrase, so that
  # create_user.sh needs none; the volume is encrypted and nobody but root reads it.
  EASYRSA_REQ_CN=$2 easyrsa build-ca nopass
  # The name is in upper case, which no user's is: a user can't take the server's place.
  EASYRSA_CERT_EXPIRE=$SERVER_CERTIFICATE_DAYS easyrsa build-server-full SERVER nopass
  if [[ -e $PKI_VOLUME/pki/tls-crypt.key ]]; then
    cp "$PKI_VOLUME/pki/tls-crypt.key" "$EASYRSA_PKI"
  else
    openvpn --genkey tls-crypt "$EASYRSA_PKI/tls-crypt.key"
  fi
  sync
  mv "$EASYRSA_PKI" "$1"
}

# While an authority is replaced, both are accepted. The server shows the certificate that every profile accepts: the old
# authority's, which is in the new profiles too.
publish_authorities() {
  local shown=pki
  if [[ -d $OLD_PKI ]]; then shown=${OLD_PKI##*/}; fi
  publish ca.crt for_each_authority print_authority
  ln --symbolic --force --no-dereference "../pki-data/$shown" "$OPENVPN_DIRECTORY/server/pki"
}

# publish <file> <command> …: what the command prints becomes a file beside server.conf.
publish() {
  local file="$OPENVPN_DIRECTORY/server/$1"
  "${@:2}" >"$file.new"
  chmod 0644 "$file.new"
  mv "$file.new" "$file"
}

# has_user <name>: whether one of the authorities has signed a certificate for a user that is not revoked.
has_user() { [[ -e $EASYRSA_PKI/issued/$1.crt || -e $OLD_PKI/issued/$1.crt ]]; }

# is_taken <name>: whether there is anything of that name, also of a user whose making was cut off.
is_taken() {
  local pki
  for pki in "$EASYRSA_PKI" "$OLD_PKI"; do
    if [[ -e $pki/issued/$1.crt || -e $pki/private/$1.key || -e $pki/reqs/$1.req ]]; then return 0; fi
  done
  return 1
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
    for_each_authority print_authority | inline ca
    openssl x509 -in "$EASYRSA_PKI/issued/$user.crt" | inline cert
    inline key <"$EASYRSA_PKI/private/$user.key"
    inline tls-crypt <"$EASYRSA_PKI/tls-crypt.key"
  } >"$profile.new"
  mv "$profile.new" "$profile"
  write_to_volume
  echo "$profile"
}
inline() { printf '<%s>\n%s\n</%s>\n' "$1" "$(cat)" "$1"; }

# ends: for each user, the days that the certificate has left, the day on which it ends, the name, and by which authority
# it is; the days are negative when it has ended. Then the same of the authority, the server and the list of revoked
# certificates, whose names no user has. Of the old authority, only users who have no certificate of the new one.
ends() {
  ends_by current
  if [[ -d $OLD_PKI ]]; then in_old_pki ends_by old; fi
}
ends_by() {
  local file name
  for file in "$EASYRSA_PKI"/issued/*.crt; do
    name=$(basename "$file" .crt)
    if [[ -e $file && ($1 == current || $name == SERVER || ! -e $PKI_VOLUME/pki/issued/$name.crt) ]]; then
      end_of "$name" "$(openssl x509 -noout -enddate -in "$file")" "$1"
    fi
  done
  end_of AUTHORITY "$(openssl x509 -noout -enddate -in "$EASYRSA_PKI/ca.crt")" "$1"
  end_of REVOCATIONS "$(openssl crl -noout -nextupdate -in "$EASYRSA_PKI/crl.pem")" "$1"
}
end_of() {
  local end seconds
  end=$(date --utc --date "${2#*=}" +%s)
  seconds=$((end - $(date +%s)))
  # Rounded down, also below nothing: what has ended is never 0.
  echo "$(((seconds < 0 ? seconds - 86399 : seconds) / 86400)) $(date --utc --date "@$end" +%F) $1 $3"
}

# Refuses what could be an option, a path, a hidden file or a line of a configuration.
require_user_name() {
  local LC_ALL=C
  if [[ $# -ne 1 || ! $1 =~ ^[a-z0-9_][a-z0-9._-]{0,31}$ ]]; then
    echo "usage: ${0##*/} <username>: 1 to 32 of a-z 0-9 . _ -, and neither . nor - first" >&2
    exit 2
  fi
}
