#!/usr/bin/env bash
# Ends the command if a later holder of the lock of releases has been here: the sender was thought dead, and another process
# has gone on since. Stands before the lines of each document that changes something.
#
# fence_file is the file on the instance that has the newest number.
exec 8>>"$fence_file"
flock 8
last_fence=$(tail -n 1 "$fence_file")
if ((FENCE < ${last_fence:-0})); then
  echo "fence: got $FENCE, expected at least $last_fence: another process goes on with the release" >&2
  exit 1
fi
if ((FENCE > ${last_fence:-0})); then echo "$FENCE" >"$fence_file"; fi
exec 8>&-
