#!/usr/bin/env bash
# Points the satellite's internal name to this instance: Beanstalk's instances come and go, and the gateway looks the
# name up again and again.
set -euo pipefail

[[ -n ${INTERNAL_ADDRESS:-} ]] || exit 0
: "${INTERNAL_ZONE_ID:?}"

readonly metadata=http://169.254.169.254/latest

token=$(
  curl --fail --silent --show-error --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' \
    "$metadata/api/token"
)
private_address=$(
  curl --fail --silent --show-error --header "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/local-ipv4"
)
change=$(
  printf '{"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {"Name": "%s", "Type": "A", "TTL": 30, %s}}]}' \
    "$INTERNAL_ADDRESS" "\"ResourceRecords\": [{\"Value\": \"$private_address\"}]"
)
aws route53 change-resource-record-sets --hosted-zone-id "$INTERNAL_ZONE_ID" --change-batch "$change" \
  --query ChangeInfo.Status --output text
