#!/usr/bin/env bash
# Publishes the days that the first certificate has left: of users, server, authority or the list of revoked ones. Then the
# same of authorities alone, whose renewal takes months. rotate-certificates.timer runs it each night. There are alarms on
# both.
set -euo pipefail
# shellcheck source=/dev/null
. "${OPENVPN_DIRECTORY:-/etc/openvpn}/pki_environment.sh"

left=$(ends | sort --numeric-sort)
of_authorities=$(awk '$3 == "AUTHORITY"' <<<"$left")
region=$(instance-metadata placement/region)
instance=$(instance-metadata instance-id)

# publish_first <metric> <ends, the first one first>
publish_first() {
  aws cloudwatch put-metric-data --region "$region" --namespace Servers --metric-name "$1" \
    --dimensions "InstanceId=$instance" --value "${2%% *}"
}
publish_first CertificateDaysLeft "$left"
publish_first AuthorityDaysLeft "$of_authorities"
