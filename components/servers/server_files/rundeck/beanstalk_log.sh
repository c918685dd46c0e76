#!/usr/bin/env bash
# beanstalk-log <instance> [lines]: the end of an instance's log of deployments, fetched by Systems Manager.
set -euo pipefail

instance=${1-} lines=${2:-100}
# Both become part of a command on the instance.
if [[ ! $instance =~ ^i-[0-9a-f]{8,17}$ || ! $lines =~ ^[0-9]{1,4}$ ]]; then
  echo "usage: ${0##*/} <instance id> [up to 9999 lines]" >&2
  exit 2
fi

# Systems Manager gives back the first 24,000 characters, and the last are what counts.
command=$(aws ssm send-command --document-name AWS-RunShellScript --instance-ids "$instance" \
  --parameters "commands=['tail -n $lines /var/log/eb-engine.log | tail -c 24000']" \
  --query Command.CommandId --output text)
ended=0
aws ssm wait command-executed --command-id "$command" --instance-id "$instance" || ended=1
aws ssm get-command-invocation --command-id "$command" --instance-id "$instance" --output text \
  --query '[StatusDetails, StandardOutputContent, StandardErrorContent]'
exit "$ended"
