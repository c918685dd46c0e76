#!/usr/bin/env bash
# Publishes the days that the first certificate has left: of users, server, authority or the list of revoked ones.
# rotate-certificates.timer runs it each night. There is an alarm on it.
set -euo pipefail
# shellcheck source=/dev/null
. "${OPENVPN_DIRECTORY:-/etc/openvpn}/pki_environment.sh"

left=$(ends | sort --numeric-sort | head --lines 1)
region=$(instance-metadata placement/region)
instance=$(instance-metadata instance-id)
aws cloudwatch put-metric-data --region "$region" --namespace Servers --metric-name CertificateDaysLeft \
  --dimensions "InstanceId=$instance" --value "${left%% *}"
