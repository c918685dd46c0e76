#!/usr/bin/env bash
# Installs a package of Amazon Linux that an instance lacks. While SSM Agent updates itself, such as at the first boot, it
# holds the lock of rpm, and dnf fails instead of waiting (amazonlinux/amazon-linux-2023#397). So it gets two minutes.
set -euo pipefail

readonly package=$1
readonly attempts=12

attempt=1
until said=$(dnf install --assumeyes --quiet "$package" 2>&1); do
  if [[ $said == *'Unable to find a match'* ]] || ((attempt++ == attempts)); then
    echo "$package: dnf could not install it: $said" >&2
    exit 1
  fi
  sleep 10
done
