#!/usr/bin/env bash
# Installs Rundeck and its command line from Rundeck's own repository, whose key must be the one that is known.
set -euo pipefail
# shellcheck source=/dev/null  # rendered from rundeck.env.j2
. "${RUNDECK_ENVIRONMENT:-/etc/boot-platform/rundeck.env}"

readonly keyring=${RUNDECK_KEYRING:-/etc/apt/keyrings/rundeck.asc}
# As the community's Puppet module pins it (voxpupuli/puppet-rundeck, data/os/Debian.yaml).
readonly fingerprint=0DDD2FA79B15D736ECEA32B89B5206167C5C34C0

if dpkg-query --show rundeck rundeck-cli >/dev/null 2>&1; then exit 0; fi

mkdir -p "$(dirname "$keyring")"
curl --fail --silent --show-error --location --retry 5 --output "$keyring.new" \
  https://packages.rundeck.com/pagerduty/rundeck/gpgkey
# All that the file holds is trusted: it must hold this one key and no other.
found=$(gpg --batch --show-keys --with-colons "$keyring.new" |
  awk -F: '$1 == "pub" { primary = 1 } $1 == "fpr" && primary { print $10; primary = 0 }')
if [[ $found != "$fingerprint" ]]; then
  echo "the key of Rundeck's repository should be $fingerprint, got '$found'" >&2
  exit 1
fi
mv "$keyring.new" "$keyring"
install -m 0644 /etc/boot-platform/rundeck.sources /etc/apt/sources.list.d/rundeck.sources

export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet
apt-get install --quiet --yes "rundeck=$RUNDECK_VERSION" rundeck-cli
