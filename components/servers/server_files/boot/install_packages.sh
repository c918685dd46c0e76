#!/usr/bin/env bash
# Installs the Debian packages that the list names, one a line. Where all of them are there, as in an image that was
# made with them, it asks nothing of the network.
set -euo pipefail

readonly list=${BOOT_PACKAGES:-/etc/boot-platform/packages}
# Debian's own timers bring packages up to date in the first minutes of a boot, and hold the lock.
readonly wait_seconds=${BOOT_WAIT_SECONDS:-600}
readonly unfinished=${BOOT_UNFINISHED:-/var/lib/boot-platform/installing}
readonly known=${BOOT_KNOWN_PACKAGES:-/var/lib/dpkg/info}

is_installed() { [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

missing=()
while read -r package; do
  is_installed "$package" || missing+=("$package")
done <"$list"
# An installation that a power failure has cut off. dpkg writes through to the disk that a package is installed, but the
# packages' own scripts do not: what they have made may be empty. So all that was unpacked since is installed once more.
again=()
if [[ -e $unfinished ]]; then
  mapfile -t again < <(find "$known" -name '*.list' -newer "$unfinished" -printf '%f\n' | sed 's/\.list$//' | sort)
fi
if ((${#missing[@]} + ${#again[@]} == 0)); then
  rm -f "$unfinished"
  exit 0
fi
if [[ ! -e $unfinished ]]; then
  mkdir -p "$(dirname "$unfinished")"
  touch "$unfinished"
  sync
fi

export DEBIAN_FRONTEND=noninteractive
# apt waits for the packages' lock if asked to, and never for that of the lists. dpkg waits for neither; it goes on with
# what a boot that was cut off has left half installed, without which apt refuses to install anything.
until apt-get update --quiet --option Acquire::Retries=5 --error-on=any && dpkg --force-confold --configure --pending; do
  if ((SECONDS >= wait_seconds)); then exit 1; fi
  sleep 5
done
# Configuration that the boot has written stays: there is nobody to ask which is wanted.
apt-get install --quiet --yes --option "DPkg::Lock::Timeout=$wait_seconds" --option Acquire::Retries=5 \
  --option Dpkg::Options::=--force-confold --reinstall "${missing[@]}" "${again[@]}"
sync
rm "$unfinished"
