#!/usr/bin/env bash
# A change of configuration alone runs these hooks instead: without it the instances would keep the old env.php.
set -euo pipefail

exec "$(dirname "$0")/../../hooks/prebuild/10_fetch_site_configuration.sh"
