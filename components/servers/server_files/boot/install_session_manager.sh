#!/usr/bin/env bash
# Installs the agent of Session Manager, which Debian's image lacks: a shell without SSH keys and without an open port.
set -euo pipefail

if ! dpkg-query --show amazon-ssm-agent >/dev/null 2>&1; then
  region=$(instance-metadata placement/region)
  architecture=$(dpkg --print-architecture)
  package=$(mktemp --suffix .deb)
  trap 'rm -f "$package"' EXIT
  # "Manually installing SSM Agent on Debian Server instances"; the region's own bucket is reached without the internet.
  curl --fail --silent --show-error --retry 5 --output "$package" \
    "https://s3.$region.amazonaws.com/amazon-ssm-$region/latest/debian_$architecture/amazon-ssm-agent.deb"
  dpkg --install "$package"
fi
systemctl enable --now amazon-ssm-agent
