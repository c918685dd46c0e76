#!/usr/bin/env bash
# Brings the database's schema to what the release's code says, with the application's own command.
# A satellite is one instance, so no other runs this at the same time.
set -euo pipefail

readonly command=.platform/update_schema.sh

[[ ! -f $command ]] || runuser -u webapp -- bash "$command"
