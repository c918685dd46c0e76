#!/usr/bin/env bash
# Puts shares into effect: `apply_shares.sh <directory>`, which has the new exports, and the table of volumes, at their
# paths. Nothing is ever deleted, and only blank volumes are formatted. Clients of other shares notice nothing.
set -euo pipefail

readonly exports=/etc/exports.d/shares.exports
readonly volumes=/etc/boot-platform/volumes
readonly new=$1

BOOT_VOLUMES=$new$volumes mount-data-volumes

while read -r path options; do
  if [[ $path == '#'* ]]; then continue; fi
  if ! mountpoint -q "$path"; then
    echo "$path is not mounted: its volume is missing"
    exit 1
  fi
  owner=${options##*anonuid=}
  owner=${owner%%,*}
  # The file system's own; cleaning pub/static would stumble over it. fsck makes it again when it needs it.
  if [[ -d $path/lost+found ]]; then rmdir --ignore-fail-on-non-empty "$path/lost+found"; fi
  chown "$owner:$owner" "$path"
done <"$new$exports"

# exportfs cannot only check a file, and unexports what it does not understand. So it reads the new one first where it
# changes nothing: with mounts and a network of its own, which end with it. The kernel has a table for each network.
mkdir -p /etc/exports.d
# shellcheck disable=SC2016
said=$(unshare --mount --net bash -euc \
  'mount --bind "$1" /etc/exports.d && mount -t tmpfs tmpfs /var/lib/nfs && exportfs -r' \
  -- "$new/etc/exports.d" 2>&1) || said=${said:-exportfs ended with $?}
if [[ -n $said ]]; then
  echo "${said//$'\n'/ }"
  exit 1
fi
# Whole or not at all, also after a power failure: with an empty file, nfsd would start and refuse every client.
install --mode=0644 "$new$exports" "$exports.new"
sync "$exports.new"
mv "$exports.new" "$exports"
exportfs -r

# What is no longer exported. An open file keeps its file system mounted until its client lets go.
while read -r _ directory; do
  if grep --quiet " $directory$" "$new$volumes"; then continue; fi
  echo "$directory" >/proc/fs/nfsd/unlock_filesystem || true
  umount "$directory" || umount --lazy "$directory" || true
  awk -v directory="$directory" '/^#/ || $2 != directory' /etc/fstab >/etc/fstab.new
  mv /etc/fstab.new /etc/fstab
done <"$volumes"
install --mode=0644 "$new$volumes" "$volumes"
