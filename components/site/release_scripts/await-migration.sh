#!/usr/bin/env bash
# Ends when no migration runs on this instance.
set -euo pipefail

while systemctl list-units --no-legend --plain --state=active 'magento-migration-*.service' | grep --quiet .; do sleep 0.5; done
