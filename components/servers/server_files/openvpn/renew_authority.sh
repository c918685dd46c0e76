#!/usr/bin/env bash
# renew_authority.sh begin: makes a new authority beside the old one. The server accepts users of both, and goes on with
# the certificate of the old one, which is all that profiles accept until then. Users who are created or renewed from now
# on get a certificate of the new authority, in a profile that accepts both.
#
# renew_authority.sh end: drops the old authority with all that it has signed, when every user has a certificate of the
# new one. Profiles from before the beginning work no longer.
#
# Both restart the server: connections are cut, and clients connect again by themselves.
set -euo pipefail
umask 077
# shellcheck source=/dev/null
. "${OPENVPN_DIRECTORY:-/etc/openvpn}/pki_environment.sh"

begin() {
  if [[ -d $OLD_PKI ]]; then
    echo "a renewal has begun already: renew each user that list_users.sh shows as old, then run ${0##*/} end" >&2
    exit 1
  fi
  rm -rf "$PKI_VOLUME/pki.next"
  # Another name than the old one's: by it, a certificate finds the authority and the list of revoked ones.
  make_pki "$PKI_VOLUME/pki.next" "OpenVPN certificate authority of $(date --utc +%FT%TZ)"
  # Between the two, there is no authority: lock_pki does the second, if a run stops there.
  mv "$EASYRSA_PKI" "$OLD_PKI"
  mv "$PKI_VOLUME/pki.next" "$EASYRSA_PKI"
}

end() {
  if [[ ! -d $OLD_PKI ]]; then
    echo "no renewal has begun: run ${0##*/} begin first" >&2
    exit 1
  fi
  local left
  left=$(ends | awk '$4 == "old" && $3 !~ /^[A-Z]/ { print $3 }')
  if [[ -n $left ]]; then
    echo "renew or revoke first, each of: ${left//$'\n'/ }" >&2
    exit 1
  fi
  # In one step: what is left of it afterwards is no authority.
  rm -rf "$OLD_PKI.dropped"
  mv "$OLD_PKI" "$OLD_PKI.dropped"
  rm -rf "$OLD_PKI.dropped"
}

case "$#:${1:-}" in
  1:begin | 1:end) ;;
  *)
    echo "usage: ${0##*/} begin | end" >&2
    exit 2
    ;;
esac
lock_pki
"$1"
publish_revocations
publish_authorities
write_to_volume
systemctl try-restart openvpn-server@server
