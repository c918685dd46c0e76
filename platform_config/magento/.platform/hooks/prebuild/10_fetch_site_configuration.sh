#!/usr/bin/env bash
# Puts the release's env.php and the certificates of RDS in place, before anything of Magento runs.
# Beanstalk runs it as root in the directory of the new release. MAGENTO_CONFIGURATION is the s3:// address that the stack
# writes env.php to. release.env names the version of it that belongs to this release: an instance that joins later
# gets the same one.
set -euo pipefail

readonly release_env=.platform/release.env
readonly env_php=app/etc/env.php
readonly rds_certificates=/etc/pki/tls/certs/rds-global-bundle.pem

# The value of a line of release.env. Fails when the line is missing or has other characters.
named() {
  local value
  value=$(sed --quiet --regexp-extended "s/^$1=($2)\$/\1/p" "$release_env" | tail -n 1)
  if [[ -z $value ]]; then
    echo "$release_env: no line $1=…. Build the bundle with the release tool." >&2
    return 1
  fi
  echo "$value"
}

if [[ -z ${MAGENTO_CONFIGURATION:-} ]]; then
  echo "MAGENTO_CONFIGURATION: not set, expected s3://bucket/key. Deploy to an environment of the stack." >&2
  exit 1
fi
if [[ ! -f $release_env ]]; then
  echo "$release_env: no such file. Build the bundle with the release tool." >&2
  exit 1
fi
release=$(named RELEASE '[A-Za-z0-9_-]{1,40}')
version=$(named SITE_CONFIGURATION_VERSION '[^[:space:]]+')
bucket_and_key=${MAGENTO_CONFIGURATION#s3://}
# Two releases that serve at the same time must not share cache entries. All hosts of one release must.
id=$(printf '%s' "$release" | sha256sum | cut -c 1-8)

# Written beside their places and then moved: a deploy that fails half-way leaves the old file whole.
mkdir -p app/etc "$(dirname "$rds_certificates")"
umask 077
aws s3api get-object --bucket "${bucket_and_key%%/*}" --key "${bucket_and_key#*/}" --version-id "$version" \
  "$env_php.fetched" >/dev/null
sed "s/@RELEASE@/$id/g" "$env_php.fetched" >"$env_php.new"
rm "$env_php.fetched"
if ! said=$(php -l "$env_php.new" 2>&1); then
  echo "$MAGENTO_CONFIGURATION, version $version: not PHP, expected env.php. $(tail -n 1 <<<"$said")" >&2
  exit 1
fi
chown webapp:webapp "$env_php.new"
chmod 0640 "$env_php.new"
mv "$env_php.new" "$env_php"

if [[ ! -s $rds_certificates ]]; then
  curl --fail --silent --show-error --retry 5 --output "$rds_certificates.new" \
    https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
  chmod 0644 "$rds_certificates.new"
  mv "$rds_certificates.new" "$rds_certificates"
fi
