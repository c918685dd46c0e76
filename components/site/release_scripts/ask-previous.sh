#!/usr/bin/env bash
# Asks a release that is unpacked beside the running one, such as the one that ran before, whether it can live with the
# database as it is.
set -euo pipefail

cd "/var/app/candidates/$RELEASE"
# Releases that were built before it have no such script.
without_secrets() {
  if [[ -f .platform/without_secrets.php ]]; then php .platform/without_secrets.php; else sed --quiet '$='; fi
}
magento() { runuser -u webapp -- php bin/magento "$@" --no-interaction --no-ansi 2>&1 | without_secrets; }

code=0
said=$(magento setup:db:status) || code=$?
if ((code != 0)); then
  echo "release $RELEASE cannot live with the database as it is: setup:db:status ended with $code: $said" >&2
  exit 1
fi
# Its configuration was imported by itself; the other release may have imported another one.
code=0
said=$(magento app:config:status) || code=$?
if ((code == 2)); then
  magento app:config:import
elif ((code != 0)); then
  echo "release $RELEASE: app:config:status ended with $code: $said" >&2
  exit 1
fi
