#!/usr/bin/env bash
# Runs the hooks of this phase. When only configuration changes, Beanstalk unpacks the release again and runs confighooks
# instead of hooks ("Platform hooks"): what the hooks set up would be gone.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for hook in "$here/../../hooks/$(basename "$here")"/*.sh; do
  bash "$hook"
done
