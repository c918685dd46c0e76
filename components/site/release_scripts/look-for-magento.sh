#!/usr/bin/env bash
# Prints in one line of JSON how far the first installation of Magento is.
set -euo pipefail

readonly script=/var/app/current/.platform/install_magento.php
if [[ ! -f $script ]]; then
  echo "$script is missing: deploy a release of the shop first" >&2
  exit 1
fi
exec php "$script" look
