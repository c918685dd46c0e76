#!/usr/bin/env bash
# Serves each directory that /etc/exports.d names, to its one owner. Run at every boot, when the volumes are mounted.
set -euo pipefail

readonly exports=${NFS_EXPORTS:-/etc/exports.d/shares.exports}

while read -r path options; do
  if [[ $path == '#'* ]]; then continue; fi
  if ! mountpoint -q "$path"; then
    echo "$path is not mounted: its volume is missing" >&2
    exit 1
  fi
  owner=${options##*anonuid=}
  owner=${owner%%,*}
  # The file system's own; cleaning pub/static would stumble over it. fsck makes it again when it needs it.
  if [[ -d $path/lost+found ]]; then rmdir --ignore-fail-on-non-empty "$path/lost+found"; fi
  chown "$owner:$owner" "$path"
done <"$exports"

# Version 4 asks none of these ("Configuring an NFSv4-only server").
systemctl mask --now rpcbind.socket rpcbind.service rpc-statd.service
systemctl enable --now nfs-server.service
exportfs -ra
