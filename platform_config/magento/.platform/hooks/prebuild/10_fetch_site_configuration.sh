#!/usr/bin/env bash
# Puts Magento's env.php and the certificates of RDS in place, before anything of Magento runs.
# Beanstalk runs it as root in the directory of the new release, with the environment's properties set; MAGENTO_CONFIGURATION
# is the s3:// address that the stack rendered the file to, and the instance's own role may read it.
set -euo pipefail

readonly rds_certificates=/etc/pki/tls/certs/rds-global-bundle.pem
readonly env_php=app/etc/env.php

: "${MAGENTO_CONFIGURATION:?is not set: the environment was not made by the stack}"

# Downloaded beside their places and then moved: a deploy that fails half-way leaves the old file whole.
umask 077
mkdir -p app/etc
aws s3 cp --only-show-errors "$MAGENTO_CONFIGURATION" "$env_php.new"
chown webapp:webapp "$env_php.new"
chmod 0640 "$env_php.new"
mv "$env_php.new" "$env_php"

if [[ ! -s $rds_certificates ]]; then
  curl --fail --silent --show-error --retry 5 --output "$rds_certificates.new" \
    https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
  chmod 0644 "$rds_certificates.new"
  mv "$rds_certificates.new" "$rds_certificates"
fi
