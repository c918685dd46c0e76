#!/usr/bin/env bash
# Succeeds on the oldest running instance of a Beanstalk environment, whose name it is given, and on no other one.
set -euo pipefail

readonly metadata=http://169.254.169.254/latest
token=$(
  curl --fail --silent --show-error --max-time 10 --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' \
    "$metadata/api/token"
)
about() {
  curl --fail --silent --show-error --max-time 10 --header "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/$1"
}
own=$(about instance-id)
oldest=$(
  aws ec2 describe-instances --region "$(about placement/region)" \
    --filters "Name=tag:elasticbeanstalk:environment-name,Values=$1" Name=instance-state-name,Values=pending,running \
    --query "sort_by(Reservations[].Instances[], &join(' ', [LaunchTime, InstanceId]))[0].InstanceId" --output text
)
[[ $oldest == "$own" ]]
