#!/usr/bin/env bash
# Installs cron on the back office, which Amazon Linux 2023 comes without.
set -euo pipefail

if [[ ${MAGENTO_TIER:-} != back-office ]]; then exit 0; fi
rpm --query --quiet cronie || bash .platform/install_package.sh cronie
