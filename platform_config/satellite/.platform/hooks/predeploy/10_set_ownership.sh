#!/usr/bin/env bash
# Gives the release to the web server's user. With FTP, its group may write everywhere, and what FTP uploads stays in that
# group (set-group-ID), so that the application can work on it.
set -euo pipefail

chown --recursive webapp:webapp .

if [[ -n ${FTP_USER:-} ]]; then
  find . -type d -exec chmod 2775 {} +
  # The files with the secrets in them stay the application's alone.
  find . -type f ! -perm 0600 -exec chmod g+w {} +
fi
