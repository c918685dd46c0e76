#!/usr/bin/env bash
# How the connector brings its tables to what its code says (HiPay, "Mirakl - Installation"); runs as the web server's
# user in the new release's directory.
set -euo pipefail

php bin/console orm:schema-tool:update --dump-sql --force
