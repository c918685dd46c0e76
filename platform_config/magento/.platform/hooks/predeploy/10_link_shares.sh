#!/usr/bin/env bash
# Puts each share in the place of its directory in the new release, before the release goes live. Statics are each release's
# own: 20_place_statics.sh.
# Beanstalk runs it in the directory of the new release; a link moves with the release when it becomes the current one.
set -euo pipefail

readonly root=/mnt/nfs

shares=()
for share in ${MAGENTO_NFS_SHARES:-}; do
  if [[ ${share#*:} != pub/static ]]; then shares+=("$share"); fi
done

for share in "${shares[@]}"; do
  shared=$root/$(basename "${share%%:*}")
  directory=${share#*:}
  # An unmounted directory is the instance's own disk: what shoppers upload there would be gone with the instance.
  if ! mountpoint -q "$shared"; then
    echo "$shared: not mounted, expected the share of $directory. Check the file server." >&2
    exit 1
  fi
  # The link of one share must not be written into another.
  for other in ${MAGENTO_NFS_SHARES:-}; do
    if [[ $directory == "${other#*:}"/* ]]; then
      echo "MAGENTO_NFS_SHARES: $directory is inside ${other#*:}. Give each share a directory outside the others." >&2
      exit 1
    fi
  done
done

for share in "${shares[@]}"; do
  shared=$root/$(basename "${share%%:*}")
  directory=${share#*:}
  if [[ -d $directory && ! -L $directory ]]; then
    # What the release brings along, such as access rules, where the share does not have it yet. Each file is moved into its
    # place, so that no half of one is ever there, for this host or for another that does the same.
    # The file server gives all files to one owner. Where it does not, the web server's user gets them.
    find "$directory" -mindepth 1 -type d -printf '%P\0' | while IFS= read -r -d '' path; do
      mkdir -p "$shared/$path"
      chown --from=root webapp:webapp "$shared/$path"
    done
    find "$directory" ! -type d -printf '%P\0' | while IFS= read -r -d '' path; do
      new=$shared/$path.$HOSTNAME.new
      rm -f "$new"
      if [[ -e $shared/$path || -L $shared/$path ]]; then continue; fi
      cp --no-dereference "$directory/$path" "$new"
      chown --no-dereference --from=root webapp:webapp "$new"
      mv "$new" "$shared/$path"
    done
    rm --recursive "$directory"
  fi
  mkdir -p "$(dirname "$directory")"
  ln --symbolic --force --no-dereference "$shared" "$directory"
done
