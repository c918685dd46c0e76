#!/usr/bin/env bash
# Prints the end of what Elastic Beanstalk and the hooks said at the last deployment.
set -euo pipefail

tail -n 60 /var/log/eb-engine.log
