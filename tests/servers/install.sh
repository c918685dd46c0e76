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

as_root=()
if ((EUID != 0)); then as_root=(sudo); fi

install_missing() {
  # A package that this release does not have stays missing: the lists are not fetched again for it within an hour.
  if [[ -z $(find /var/lib/apt/lists/partial -maxdepth 0 -mmin -60 2>/dev/null) ]]; then
    "${as_root[@]}" apt-get update --quiet
  fi
  local offered=() package
  for package in "${missing[@]}"; do
    if apt-cache show "$package" >/dev/null 2>&1; then offered+=("$package"); else echo "there is no package $package here" >&2; fi
  done
  if ((${#offered[@]} == 0)); then return 0; fi
  # The tests start what they need: packages must not start their services, two of which use port 80.
  local policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 0755 "$policy"
    # shellcheck disable=SC2064  # the function's variables are gone when the script ends
    trap "${as_root[*]} rm -f $policy" EXIT
  fi
  # With dbconfig-no-thanks, phpMyAdmin does not ask for a database.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install --assume-yes --no-install-recommends dbconfig-no-thanks "${offered[@]}"
}

if [[ $form != --if-root ]]; then
  install_missing
  exit
fi
echo "Installing the packages that tests of the servers run: ${missing[*]}"
log=$(mktemp)
# In a process of its own, in which a command that fails ends the function.
if ! "${BASH_SOURCE[0]}" >"$log" 2>&1 </dev/null; then
  echo "apt could not install them; its last lines:" >&2
  tail -n 5 "$log" >&2
fi
rm -f "$log"
