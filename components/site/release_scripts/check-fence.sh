#!/usr/bin/env bash
# Ends the command if a later holder of the lock of releases has been here: the sender was thought dead, and another process
# has gone on since. Stands before the lines of each document that changes something.
#
# FENCE_FILE is the file on the instance that has the newest number.
exec 8>>"$FENCE_FILE"
flock 8
last_fence=$(tail -n 1 "$FENCE_FILE")
if ((FENCE < ${last_fence:-0})); then
  echo "fence: got $FENCE, expected at least $last_fence: another process goes on with the release" >&2
  exit 1
fi
if ((FENCE > ${last_fence:-0})); then echo "$FENCE" >"$FENCE_FILE"; fi
exec 8>&-
