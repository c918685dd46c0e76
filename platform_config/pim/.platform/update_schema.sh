#!/usr/bin/env bash
# How the PIM brings its tables to what its code says; runs as the web server's user in the new release's directory.
set -euo pipefail

php bin/console doctrine:schema:update --force --no-interaction
