#!/usr/bin/env bash
# Renews what nobody but the server needs: the list of revoked certificates each time, and the server's certificate in
# the last third of its life. rotate-certificates.timer runs it each night, and each boot does.
set -euo pipefail
umask 077
# shellcheck source=/dev/null
. "${OPENVPN_DIRECTORY:-/etc/openvpn}/pki_environment.sh"

lock_pki
publish_revocations
renew_server() {
  if ! openssl x509 -noout -checkend "$((SERVER_CERTIFICATE_DAYS * 86400 / 3))" -in "$EASYRSA_PKI/issued/SERVER.crt"; then
    EASYRSA_CERT_EXPIRE=$SERVER_CERTIFICATE_DAYS sign_again server SERVER
    write_to_volume
    # It reads its certificate when it starts, as root. Clients connect again by themselves. In a boot, it does not run
    # yet.
    systemctl try-restart openvpn-server@server
  fi
}
for_each_authority renew_server
