#!/usr/bin/env bash
# Installs what the environment asks for and Amazon Linux 2023 comes without.
set -euo pipefail

wanted=()
[[ -z ${FTP_USER:-} ]] || wanted+=(vsftpd)
[[ -z ${CRON_TABLE_BASE64:-} ]] || wanted+=(cronie)

for package in "${wanted[@]}"; do
  rpm --query --quiet "$package" || bash .platform/install_package.sh "$package"
done
