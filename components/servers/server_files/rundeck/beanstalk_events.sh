#!/usr/bin/env bash
# beanstalk-events <environment> [how many]: what Beanstalk said last, the newest first.
set -euo pipefail

aws elasticbeanstalk describe-events --environment-name "$1" --no-paginate --max-records "${2:-50}" --output text \
  --query 'Events[].[EventDate, Severity, Message]'
