#!/usr/bin/env bash
# Publishes the metric BootReady of this server: 1 when its last boot went well, its services run and the newest
# configuration, where it has one, is in effect. 0 when the boot failed or is not over, when a service does not run, and when
# the configuration was refused or is out of reach.
# publish-boot-status.timer runs it every five minutes. An alarm is raised by zeros, and when the metric stays away.
set -euo pipefail

readonly file=${BOOT_STATUS:-/var/lib/boot-platform/status}
readonly services=${BOOT_SERVICES:-/etc/boot-platform/services}
readonly settings=${CONFIGURATION_SETTINGS:-/etc/boot-platform/configuration.json}
readonly outcome=${CONFIGURATION_STATE:-/var/lib/boot-platform/configuration}/outcome

serves() {
  local unit
  while read -r unit; do
    if ! systemctl is-active --quiet "$unit"; then
      echo "$unit does not run" >&2
      return 1
    fi
  done <"$services"
}

# It is looked for each minute, which sets the time of the outcome.
is_configured() {
  [[ ! -e $settings ]] ||
    { grep --quiet --no-messages ^applied "$outcome" && [[ -n $(find "$outcome" -mmin -15) ]]; }
}

region=$(instance-metadata placement/region)
instance=$(instance-metadata instance-id)
if grep --quiet --no-messages ^ready "$file" && serves && is_configured; then ready=1; else ready=0; fi
aws cloudwatch put-metric-data --region "$region" --namespace Servers --metric-name BootReady \
  --dimensions "InstanceId=$instance" --value "$ready"
