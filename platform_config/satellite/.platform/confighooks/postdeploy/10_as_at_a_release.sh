#!/usr/bin/env bash
# A change of configuration alone runs these hooks instead of a release's: what depends on it must be done again.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
for hook in "$here/../../hooks/$(basename "$here")"/*.sh; do
  "$hook"
done
