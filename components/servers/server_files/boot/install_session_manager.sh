#!/usr/bin/env bash
# Installs the agent of Session Manager, which Debian's image lacks: a shell without SSH keys and without an open port.
set -euo pipefail

readonly wait_seconds=${BOOT_WAIT_SECONDS:-600}

status=$(dpkg-query --show --showformat='${db:Status-Status}' amazon-ssm-agent 2>/dev/null || true)
if [[ $status != installed ]]; then
  region=$(instance-metadata placement/region)
  architecture=$(dpkg --print-architecture)
  directory=$(mktemp --directory)
  trap 'rm -rf "$directory"' EXIT
  # "Manually installing SSM Agent on Debian Server instances"; the region's own bucket is reached without the internet.
  # AWS signs the package with a key that it changes every 18 months and publishes only on a page of its guide ("Verifying
  # the signature of SSM Agent"). A key that is kept here would lock people out of each server that is made after that,
  # and Debian 13's own verifier, sqv, takes no key of that kind: AWS binds it by SHA-1. So TLS says that it is AWS's.
  curl --fail --silent --show-error --connect-timeout 10 --retry 5 --retry-all-errors \
    --output "$directory/amazon-ssm-agent.deb" \
    "https://s3.$region.amazonaws.com/amazon-ssm-$region/latest/debian_$architecture/amazon-ssm-agent.deb"
  # apt waits for the lock that Debian's own timers hold, and dpkg does not.
  DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --option "DPkg::Lock::Timeout=$wait_seconds" \
    "$directory/amazon-ssm-agent.deb"
fi
systemctl enable --now amazon-ssm-agent
