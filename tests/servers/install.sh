#!/usr/bin/env bash
# Installs the Debian packages that the tests of this directory run: packages.txt, one a line. What is there is left alone,
# and what this release of Debian or Ubuntu does not have is told: the test that wants it says so too.
set -euo pipefail

directory=$(dirname "${BASH_SOURCE[0]}")
mapfile -t wanted <"$directory/packages.txt"

missing=()
for package in "${wanted[@]}"; do
  if [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
    missing+=("$package")
  fi
done
if ((${#missing[@]} == 0)); then exit 0; fi

as_root=()
if ((EUID != 0)); then as_root=(sudo); fi
"${as_root[@]}" apt-get update --quiet
offered=()
for package in "${missing[@]}"; do
  if apt-cache show "$package" >/dev/null 2>&1; then offered+=("$package"); else echo "there is no package $package here" >&2; fi
done
# The tests start what they need themselves: no package is to start its service, two of which want port 80.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 0755 "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
# phpMyAdmin is to ask nobody for a database of its own.
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install --assume-yes --no-install-recommends dbconfig-no-thanks "${offered[@]}"
