#!/usr/bin/env bash
# Asks a release that is unpacked beside the running one what it would change.
#
# FACTS is the s3:// address that gets the answers, since Systems Manager keeps only 24,000 characters.
set -euo pipefail

readonly candidates=/var/app/candidates
exec 9<"$candidates"
if ! flock --wait 60 9; then
  echo "$candidates: another candidate is at work. Try again when it is done." >&2
  exit 1
fi
cd "$candidates/$RELEASE"
runuser -u webapp -- php .platform/candidate_facts.php /var/app/current >"$candidates/facts.json"
aws s3 cp --only-show-errors "$candidates/facts.json" "$FACTS"
