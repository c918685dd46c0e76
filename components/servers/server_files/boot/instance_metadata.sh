#!/usr/bin/env bash
# Prints one item of the instance's own metadata, such as `placement/region`, by version 2 of the service.
set -euo pipefail

readonly service=${METADATA_SERVICE:-http://169.254.169.254/latest}

# It answers within milliseconds. Without an end, a boot would wait for ever for an answer that was lost.
ask() { curl --fail --silent --show-error --max-time 5 --retry 5 "$@"; }
token=$(ask --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$service/api/token")
ask --header "X-aws-ec2-metadata-token: $token" "$service/meta-data/$1"
