#!/usr/bin/env bash
# Puts each share in the place of its directory in the new release, before the release goes live.
# Beanstalk runs it in the directory of the new release; a link moves with the release when it becomes the current one.
set -euo pipefail

readonly root=${MAGENTO_NFS_ROOT:-/mnt/nfs}

for share in ${MAGENTO_NFS_SHARES:-}; do
  exported=${share%%:*}
  shared=$root/${exported##*/}
  directory=${share#*:}
  # An unmounted directory is the instance's own disk: what shoppers upload there would be gone with the instance.
  if ! mountpoint -q "$shared"; then
    echo "$shared is not mounted" >&2
    exit 1
  fi
  if [[ -L $directory ]]; then rm "$directory"; fi
  if [[ -d $directory ]]; then
    version=$directory/deployed_version.txt
    if [[ -s $version ]] && ! cmp --silent "$version" "$shared/deployed_version.txt"; then
      # Static files that were built with the release and are not there yet; the version comes last, and says that all are.
      find "$directory" -mindepth 1 -maxdepth 1 ! -path "$version" -exec cp --recursive --target-directory="$shared" {} +
      cp "$version" "$shared"
    else
      # What the release brings along, such as access rules, where nobody has put it yet.
      cp --recursive --no-clobber "$directory/." "$shared"
    fi
    rm --recursive "$directory"
  fi
  mkdir -p "$(dirname "$directory")"
  ln --symbolic "$shared" "$directory"
done
