#!/usr/bin/env bash
# Prints the free MiB and the free inodes below /var/app, and the time in seconds.
set -euo pipefail

df --output=avail --block-size=1M /var/app | tail -n 1
# Some file systems have as many inodes as they need, and print a hyphen.
df --output=iavail /var/app | tail -n 1 | sed 's/-/1/'
date +%s
