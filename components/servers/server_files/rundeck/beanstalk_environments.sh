#!/usr/bin/env bash
# beanstalk-environments: the environments there are, what each runs and how it is.
set -euo pipefail

aws elasticbeanstalk describe-environments --no-include-deleted --output table \
  --query 'Environments[].{Name: EnvironmentName, Release: VersionLabel, Status: Status, Health: HealthStatus}'
