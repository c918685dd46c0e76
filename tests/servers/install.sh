#!/usr/bin/env bash
# Installs the Debian packages that the tests of this directory run: packages.txt, one a line. Installed packages are left
# as they are. Packages that this release of Debian or Ubuntu does not have are named and left out.
#
#   tests/servers/install.sh            install them, with sudo unless you are root; fails when apt does
#   tests/servers/install.sh --if-root  what `make test` runs: do nothing unless you are root on Debian or Ubuntu, say in one
#                                       line what is installed, and never fail: pytest counts the tests that are left out
set -euo pipefail

directory=$(dirname "${BASH_SOURCE[0]}")
form=${1:-}
mapfile -t wanted <"$directory/packages.txt"

if [[ $form == --if-root ]]; then
  if ((EUID != 0)) || ! command -v apt-get dpkg-query >/dev/null; then exit 0; fi
fi

declare -A installed=()
while read -r status package; do
  if [[ $status == installed ]]; then installed[$package]=yes; fi
done < <(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true)
missing=()
for package in "${wanted[@]}"; do
  if [[ -z ${installed[$package]:-} ]]; then missing+=("$package"); fi
done
if ((${#missing[@]} == 0)); then exit 0; fi

# With --if-root, apt's own output shows only when it fails.
quietly() {
  if [[ $form != --if-root ]]; then "$@"; return; fi
  local said
  if ! said=$("$@" 2>&1 </dev/null); then
    printf 'The packages could not be installed. The last lines of apt:\n%s\n' "$(tail -n 5 <<<"$said")" >&2
    exit 0
  fi
}

as_root=(env DEBIAN_FRONTEND=noninteractive)
if ((EUID != 0)); then as_root=(sudo "${as_root[@]}"); fi

# A package that this release does not have stays missing: the lists are not fetched again for it within an hour.
if [[ -z $(find /var/lib/apt/lists/partial -maxdepth 0 -mmin -60 2>/dev/null) ]]; then
  quietly "${as_root[@]}" apt-get update --quiet
fi
offered=()
for package in "${missing[@]}"; do
  if apt-cache show "$package" >/dev/null 2>&1; then
    offered+=("$package")
  elif [[ $form != --if-root ]]; then
    echo "there is no package $package here" >&2
  fi
done
if ((${#offered[@]} == 0)); then exit 0; fi
if [[ $form == --if-root ]]; then echo "Installing packages that tests of the servers run: ${offered[*]}"; fi

# The tests start what they need: packages must not start their services, two of which use port 80.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 0755 "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
# With dbconfig-no-thanks, phpMyAdmin does not ask for a database.
quietly "${as_root[@]}" apt-get install --assume-yes --no-install-recommends dbconfig-no-thanks "${offered[@]}"
