#!/usr/bin/env bash
# Mounts the file server's shares below /mnt/nfs, each under its own name. What is mounted already stays as it is.
# The stack sets MAGENTO_NFS_SERVER, and MAGENTO_NFS_SHARES as "/srv/client-media:pub/media …": what the server exports,
# and the release's directory whose place it takes (predeploy hooks). A site without shares has neither.
set -euo pipefail

readonly root=/mnt/nfs
readonly fstab=/etc/fstab
# 15 minutes, 5 seconds apart: a file server that is made at the same time as this instance still installs itself.
readonly attempts=180
# hard: a write waits for a server that is made anew, and is never lost half-way.
readonly options=nfsvers=4.2,hard,noatime,nosuid,nodev,_netdev,nofail

if [[ -z ${MAGENTO_NFS_SHARES:-} ]]; then exit 0; fi
: "${MAGENTO_NFS_SERVER:?is not set: the environment was not made by the stack}"

if ! command -v mount.nfs4 >/dev/null; then bash .platform/install_package.sh nfs-utils; fi

list_in_fstab() {
  local source=$1 directory=$2
  {
    awk -v directory="$directory" '/^#/ || $2 != directory' "$fstab"
    echo "$source $directory nfs4 $options 0 0"
  } >"$fstab.new"
  mv "$fstab.new" "$fstab"
}

for share in $MAGENTO_NFS_SHARES; do
  exported=${share%%:*}
  source=$MAGENTO_NFS_SERVER:$exported
  directory=$root/${exported##*/}
  mkdir -p "$directory"
  list_in_fstab "$source" "$directory"
  mounted=$(findmnt --noheadings --output SOURCE --mountpoint "$directory" || true)
  if [[ $mounted == "$source" ]]; then continue; fi
  if [[ -n $mounted ]]; then umount --lazy "$directory"; fi
  attempt=1
  until mount -t nfs4 -o "$options" "$source" "$directory"; do
    if ((attempt++ == attempts)); then
      echo "$source: could not be mounted in $attempts attempts. Check that the file server runs." >&2
      exit 1
    fi
    sleep 5
  done
done
