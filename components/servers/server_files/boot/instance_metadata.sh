#!/usr/bin/env bash
# Prints one item of the instance's own metadata, such as `placement/region`, by version 2 of the service.
set -euo pipefail

readonly service=http://169.254.169.254/latest

token=$(curl --fail --silent --show-error --retry 5 --request PUT \
  --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$service/api/token")
curl --fail --silent --show-error --retry 5 --header "X-aws-ec2-metadata-token: $token" "$service/meta-data/$1"
