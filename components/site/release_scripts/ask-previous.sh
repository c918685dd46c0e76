#!/usr/bin/env bash
# Asks a release that is unpacked beside the running one, such as the one that ran before, whether it can live with the
# database as it is.
set -euo pipefail

cd "/var/app/candidates/$RELEASE"
code=0
said=$(runuser -u webapp -- php bin/magento setup:db:status --no-interaction --no-ansi 2>&1) || code=$?
if ((code != 0)); then
  echo "release $RELEASE cannot live with the database as it is: setup:db:status ended with $code: $said" >&2
  exit 1
fi
# Its configuration was imported by itself; the other release may have imported another one.
code=0
said=$(runuser -u webapp -- php bin/magento app:config:status --no-interaction --no-ansi 2>&1) || code=$?
if ((code == 2)); then
  runuser -u webapp -- php bin/magento app:config:import --no-interaction --no-ansi
elif ((code != 0)); then
  echo "release $RELEASE: app:config:status ended with $code: $said" >&2
  exit 1
fi
