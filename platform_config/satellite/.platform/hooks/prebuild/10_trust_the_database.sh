#!/usr/bin/env bash
# Fetches the certificates that RDS's own are signed with: the database takes no connection without TLS.
set -euo pipefail

readonly certificates=/etc/pki/tls/certs/rds-global-bundle.pem

[[ ! -s $certificates ]] || exit 0

mkdir -p "$(dirname "$certificates")"
curl --fail --silent --show-error --retry 5 --output "$certificates.new" \
  https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
chmod 0644 "$certificates.new"
mv "$certificates.new" "$certificates"
