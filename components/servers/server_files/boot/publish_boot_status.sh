#!/usr/bin/env bash
# Publishes the metric BootReady of this server: 1 when its last boot went well, 0 when it failed or is not over.
# publish-boot-status.timer runs it every five minutes. An alarm is raised by zeros, and when the metric stays away.
set -euo pipefail

readonly file=${BOOT_STATUS:-/var/lib/boot-platform/status}

region=$(instance-metadata placement/region)
instance=$(instance-metadata instance-id)
if grep --quiet --no-messages ^ready "$file"; then ready=1; else ready=0; fi
aws cloudwatch put-metric-data --region "$region" --namespace Servers --metric-name BootReady \
  --dimensions "InstanceId=$instance" --value "$ready"
