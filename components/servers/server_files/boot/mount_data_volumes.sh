#!/usr/bin/env bash
# Mounts the server's data volumes: each line of the table has an EBS volume's id and the directory that it belongs at.
# Only a blank volume is formatted; one that holds anything unexpected stops the boot, for a person to look at. It ends with
# 75 when volumes are not attached in its time and all others are mounted.
set -euo pipefail

readonly table=${BOOT_VOLUMES:-/etc/boot-platform/volumes}
readonly devices=${BOOT_DEVICES:-/dev/disk/by-id}
readonly fstab=${BOOT_FSTAB:-/etc/fstab}
# Volumes are attached once the instance runs; a large one made from a snapshot takes its time.
readonly wait_seconds=${BOOT_WAIT_SECONDS:-600}

format_if_blank() {
  local device=$1 found code=0
  # blkid says "blank" of a device that it cannot read, too.
  if ! head --bytes 1M "$device" >/dev/null; then
    echo "$device cannot be read: left as it is" >&2
    return 1
  fi
  # lsblk and plain blkid ask a cache that is empty early in a boot; -p looks at the device itself.
  found=$(blkid -p -o value -s TYPE "$device") || code=$?
  if ((code == 2)); then
    echo "$device is blank: making a file system"
    mkfs.ext4 -q -m 1 "$device"
  elif ((code != 0)) || [[ $found != ext4 ]]; then
    echo "$device is neither blank nor ext4 (blkid ended with $code and said '$found'): left as it is" >&2
    return 1
  fi
}

list_in_fstab() {
  local device=$1 directory=$2
  {
    # Whatever stood there before, such as the volume that a restored backup takes the place of.
    awk -v source="$device" -v directory="$directory" '/^#/ || ($1 != source && $2 != directory)' "$fstab"
    # By the volume's id: a restored copy that is attached beside the volume has the UUID of its file system too.
    # nofail: a server without its data still boots, so that one can look at it. A file system that turns out to be damaged
    # is not written any more, and publish-boot-status says so; by default, the damage grows and nobody is told.
    echo "$device $directory ext4 errors=remount-ro,nofail,x-systemd.device-timeout=60s 0 2"
  } >"$fstab.new"
  mv "$fstab.new" "$fstab"
}

mount_volume() {
  local device=$1 directory=$2 mounted
  format_if_blank "$device"
  list_in_fstab "$device" "$directory"
  mkdir -p "$directory"
  # Another volume that was there, such as a lost one whose restored copy takes its place.
  mounted=$(findmnt --noheadings --output SOURCE --mountpoint "$directory" || true)
  if [[ -n $mounted && ! $mounted -ef $device ]]; then
    umount "$directory" || umount --lazy "$directory"
    mounted=
  fi
  if [[ -z $mounted ]]; then mount --fstab "$fstab" "$directory"; fi
  # A volume that was made larger: the file system grows into it, mounted as it is.
  resize2fs "$device"
}

mapfile -t missing <"$table"
deadline=$((SECONDS + wait_seconds))
while ((${#missing[@]})); do
  waiting=("${missing[@]}")
  missing=()
  for line in "${waiting[@]}"; do
    read -r volume directory <<<"$line"
    # The serial number of an EBS device is its volume's id without the hyphen, whichever /dev/nvme*n1 it became.
    device=$devices/nvme-Amazon_Elastic_Block_Store_${volume/-/}
    if [[ -b $device ]]; then mount_volume "$device" "$directory"; else missing+=("$line"); fi
  done
  if ((${#missing[@]} == 0)); then break; fi
  if ((SECONDS >= deadline)); then
    joined=$(IFS=,; echo "${missing[*]}")
    echo "not attached within $wait_seconds seconds: ${joined//,/, }" >&2
    exit 75
  fi
  sleep 1
done
