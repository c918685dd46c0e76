#!/usr/bin/env bash
# Installs the Debian packages that the list names, one a line. Where all of them are there, as in an image that was
# made with them, it asks nothing of the network.
set -euo pipefail

readonly list=${BOOT_PACKAGES:-/etc/boot-platform/packages}
# Debian's own timers bring packages up to date in the first minutes of a boot, and hold the lock.
readonly wait_seconds=${BOOT_WAIT_SECONDS:-600}
readonly unfinished=${BOOT_UNFINISHED:-/var/lib/boot-platform/installing}
readonly known=${BOOT_KNOWN_PACKAGES:-/var/lib/dpkg/info}
readonly configuration=${BOOT_CONFIGURATION:-/etc}

is_installed() { [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

missing=()
while read -r package; do
  is_installed "$package" || missing+=("$package")
done <"$list"
# An installation that a power failure has cut off. dpkg writes through to the disk that a package is installed, but not
# its configuration files, nor do its scripts what they make: those may be empty. So all that was unpacked since is
# unpacked and configured once more, with new files for the empty ones.
again=()
if [[ -e $unfinished ]]; then
  # Session Manager's agent comes from no repository, and the boot installs it before this.
  mapfile -t again < <(find "$known" -name '*.list' -not -name amazon-ssm-agent.list -newer "$unfinished" -printf '%f\n' |
    sed 's/\.list$//' | sort)
  find "$configuration" -type f -empty -cnewer "$unfinished" -delete
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

# Configuration that the boot has written stays: there is nobody to ask which is wanted.
export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFMISS=1
readonly answers=(--force-confold --force-confmiss)

# apt does not unpack again what waits for its configuration, and that may fail without a configuration file.
unpack_again() {
  local packages
  if ((${#again[@]} == 0)); then return 0; fi
  packages=$(mktemp --directory) && cd "$packages" && apt-get download --quiet "${again[@]}" &&
    dpkg "${answers[@]}" --unpack ./*.deb && rm -r "$packages"
}

# apt waits for the packages' lock if asked to, and never for that of the lists. dpkg waits for neither; before it changes
# its records, here in nothing, it puts them together after a boot that was cut off. apt installs nothing until then.
update() {
  until apt-get update --quiet --option Acquire::Retries=5 --error-on=any && dpkg --set-selections </dev/null &&
    unpack_again; do
    if ((SECONDS >= wait_seconds)); then exit 1; fi
    sleep 5
  done
}
install() {
  apt-get install --quiet --yes --option "DPkg::Lock::Timeout=$wait_seconds" --option Acquire::Retries=5 --fix-broken \
    "${answers[@]/#/--option=Dpkg::Options::=}" "${missing[@]}"
}
# A mirror that has just got other packages, or is gone for a moment, does not have what the lists say: they are fetched anew.
attempts=3
until update && install; do
  if ((--attempts == 0)); then exit 1; fi
  sleep 5
done
sync
rm "$unfinished"
