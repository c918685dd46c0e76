#!/usr/bin/env bash
# Changes of configuration alone run no hooks of deployments: a file server's new name reaches instances this way.
set -euo pipefail

exec "$(dirname "${BASH_SOURCE[0]}")/../../hooks/prebuild/20_mount_shares.sh"
