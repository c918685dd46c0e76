#!/usr/bin/env bash
# Fetches the certificates of the authorities that sign RDS's, by which phpMyAdmin knows that it talks to the database.
# "Using SSL/TLS to encrypt a connection to a DB instance or cluster", of the RDS guide. They are fetched at every boot,
# because new ones come now and then. Without a network, those of the last boot stay.
set -euo pipefail

readonly bundle=${RDS_CERTIFICATES:-/etc/ssl/rds-global-bundle.pem}

fetch() {
  curl --fail --silent --show-error --connect-timeout 10 --max-time 60 --retry 5 --output "$bundle.new" \
    https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem &&
    # What some proxy on the way may answer instead is no certificate.
    openssl x509 -noout -in "$bundle.new"
}

if fetch; then
  chmod 0644 "$bundle.new"
  mv "$bundle.new" "$bundle"
elif [[ -s $bundle ]]; then
  echo "RDS's certificates could not be fetched: those of $(date --utc --iso-8601 --reference "$bundle") stay" >&2
else
  exit 1
fi
