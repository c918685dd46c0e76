#!/usr/bin/env bash
# Fetches the certificates of the authorities that sign RDS's, by which phpMyAdmin knows that it talks to the database.
# "Using SSL/TLS to encrypt a connection to a DB instance or cluster", of the RDS guide.
set -euo pipefail

readonly bundle=${RDS_CERTIFICATES:-/etc/ssl/rds-global-bundle.pem}

curl --fail --silent --show-error --retry 5 --output "$bundle.new" \
  https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
# What some proxy on the way may answer instead is no certificate.
openssl x509 -noout -in "$bundle.new"
chmod 0644 "$bundle.new"
mv "$bundle.new" "$bundle"
