#!/usr/bin/env bash
# Installs Magento into the empty database, or finishes what was killed. Prints "installed".
set -euo pipefail

exec php /var/app/current/.platform/install_magento.php install "$ADMIN_SECRET" "$ADMIN_EMAIL"
