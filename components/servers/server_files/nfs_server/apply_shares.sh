#!/usr/bin/env bash
# Puts shares into effect: `apply_shares.sh <directory>`, which has the new exports, and the table of volumes, at their
# paths. Nothing is ever deleted, and only blank volumes are formatted. Clients of other shares notice nothing. It ends with
# 75 when a share waits for its volume and all else is in effect: apply-configuration then runs it again.
set -euo pipefail

readonly exports=/etc/exports.d/shares.exports
readonly volumes=/etc/boot-platform/volumes
readonly new=$1

# The volumes of shares, and the others, such as that of the clients' locks. Without one of these, nothing is served.
# shellcheck disable=SC2016
split='NR == FNR { if (!/^#/) shares[$1]; next } ($2 in shares) == of_shares'
awk -v of_shares=0 "$split" "$new$exports" "$new$volumes" >"$new/other-volumes"
awk -v of_shares=1 "$split" "$new$exports" "$new$volumes" >"$new/share-volumes"
BOOT_VOLUMES=$new/other-volumes mount-data-volumes || exit 1
# Not for long: volumes that are not there keep no other share from being served, and are looked for again and again.
code=0
said=$(BOOT_VOLUMES=$new/share-volumes BOOT_WAIT_SECONDS=${BOOT_WAIT_SECONDS:-60} mount-data-volumes 2>&1) || code=$?
echo "$said"
if ((code != 0 && code != 75)); then exit "$code"; fi
missing=${said##*$'\n'}

while read -r path options; do
  if [[ $path == '#'* ]]; then continue; fi
  if ! mountpoint -q "$path"; then
    if ((code == 0)); then
      echo "$path is not mounted: it has no volume"
      exit 1
    fi
    # exportfs refuses what is not there.
    mkdir -p "$path"
    continue
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

# The kernel asks rpc.mountd what the share of a client's request is, which says nothing while the share's volume is not
# mounted. The kernel asks again when it has forgotten the question: after 120 seconds (CACHE_NEW_EXPIRY, Linux), and
# `exportfs -f` does not make it forget. rpc.mountd of nfs-utils 2.7 and newer looks again after as long. But one that has
# just started is asked all that is open.
readonly questions=${NFS_QUESTIONS:-/proc/net/rpc/nfsd.fh/content}
are_open() { grep --quiet --no-messages '^# ' "$questions"; }
if are_open; then
  rpc.mountd --foreground &
  for _ in {1..25}; do
    if ! are_open; then break; fi
    sleep 0.2
  done
  # It would tell the portmapper that there is none any more.
  kill -KILL "$!" || echo "rpc.mountd ended by itself: clients of a share that was missing may wait for two minutes"
  wait "$!" || true
fi

# What is no longer exported. An open file keeps its file system mounted until its client lets go.
while read -r _ directory; do
  if grep --quiet " $directory$" "$new$volumes"; then continue; fi
  echo "$directory" >/proc/fs/nfsd/unlock_filesystem || true
  umount "$directory" || umount --lazy "$directory" || true
  awk -v directory="$directory" '/^#/ || $2 != directory' /etc/fstab >/etc/fstab.new
  mv /etc/fstab.new /etc/fstab
done <"$volumes"
install --mode=0644 "$new$volumes" "$volumes"

if ((code != 0)); then
  echo "$missing"
  exit "$code"
fi
