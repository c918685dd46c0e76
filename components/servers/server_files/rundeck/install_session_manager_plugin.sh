#!/usr/bin/env bash
# Installs the Session Manager plugin, by which Ansible reaches the other servers. Debian does not have it. Without it
# Rundeck does all its other work, so the boot goes on.
set -euo pipefail

readonly wait_seconds=${BOOT_WAIT_SECONDS:-600}

status=$(dpkg-query --show --showformat='${db:Status-Status}' session-manager-plugin 2>/dev/null || true)
if [[ $status == installed ]]; then exit 0; fi

case $(dpkg --print-architecture) in
  arm64) folder=ubuntu_arm64 ;;
  *) folder=ubuntu_64bit ;;
esac
directory=$(mktemp --directory)
trap 'rm -rf "$directory"' EXIT
readonly package=$directory/session-manager-plugin.deb
# "Install the Session Manager plugin on Debian Server and Ubuntu Server". The package has a signature, whose key is only on
# a page of AWS's guide: as for Session Manager's agent, TLS says that it is AWS's.
if ! curl --fail --silent --show-error --connect-timeout 10 --retry 5 --retry-all-errors --output "$package" \
  "https://s3.amazonaws.com/session-manager-downloads/plugin/latest/$folder/session-manager-plugin.deb" ||
  ! DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --option "DPkg::Lock::Timeout=$wait_seconds" "$package"; then
  echo "The Session Manager plugin is not there: Ansible reaches no server until a later boot installs it" >&2
fi
