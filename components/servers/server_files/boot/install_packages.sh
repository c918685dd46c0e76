#!/usr/bin/env bash
# Installs the Debian packages that the list names, one a line. Where all of them are there, as in an image that was
# made with them, it asks nothing of the network.
set -euo pipefail

readonly list=${BOOT_PACKAGES:-/etc/boot-platform/packages}
# Debian's own timers bring packages up to date in the first minutes of a boot, and hold the lock.
readonly wait_seconds=${BOOT_WAIT_SECONDS:-600}

is_installed() { [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

missing=()
while read -r package; do
  is_installed "$package" || missing+=("$package")
done <"$list"
if ((${#missing[@]} == 0)); then exit 0; fi

export DEBIAN_FRONTEND=noninteractive
# apt waits for the packages' lock if asked to, and never for that of the lists. dpkg waits for neither; it goes on with
# what a boot that was cut off has left half installed, without which apt refuses to install anything.
until apt-get update --quiet --option Acquire::Retries=5 --error-on=any && dpkg --force-confold --configure --pending; do
  if ((SECONDS >= wait_seconds)); then exit 1; fi
  sleep 5
done
# Configuration that the boot has written stays: there is nobody to ask which is wanted.
apt-get install --quiet --yes --option "DPkg::Lock::Timeout=$wait_seconds" --option Acquire::Retries=5 \
  --option Dpkg::Options::=--force-confold "${missing[@]}"
