#!/usr/bin/env bash
# How Custom Connection brings its tables to what its code says; runs as the web server's user in the new release's
# directory.
set -euo pipefail

php bin/console doctrine:migrations:migrate --allow-no-migration --no-interaction
