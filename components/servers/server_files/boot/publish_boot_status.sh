#!/usr/bin/env bash
# Publishes the metric BootReady of this server: 1 when its last boot went well, its services run, its file systems can be
# written and the newest configuration, where it has one, is in effect. Otherwise 0, as while it boots.
# publish-boot-status.timer runs it every five minutes. An alarm is raised by zeros, and when the metric stays away.
set -euo pipefail

readonly file=${BOOT_STATUS:-/var/lib/boot-platform/status}
readonly services=${BOOT_SERVICES:-/etc/boot-platform/services}
readonly volumes=${BOOT_VOLUMES:-/etc/boot-platform/volumes}
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

# After an error, the kernel writes to a file system no more: ro, and emergency_ro from Linux 6.14 on.
is_written() {
  local directory
  while read -r directory; do
    if findmnt --noheadings --output OPTIONS --mountpoint "$directory" |
      grep --quiet --extended-regexp '(^|[,_])ro(,|$)'; then
      echo "$directory is read-only" >&2
      return 1
    fi
  done < <(echo / && cut --delimiter ' ' --fields 2- "$volumes")
}

# It is looked for each minute, which sets the time of the outcome.
is_configured() {
  [[ ! -e $settings ]] ||
    { grep --quiet --no-messages ^applied "$outcome" && [[ -n $(find "$outcome" -mmin -15) ]]; }
}

region=$(instance-metadata placement/region)
instance=$(instance-metadata instance-id)
if grep --quiet --no-messages ^ready "$file" && serves && is_written && is_configured; then ready=1; else ready=0; fi
aws cloudwatch put-metric-data --region "$region" --namespace Servers --metric-name BootReady \
  --dimensions "InstanceId=$instance" --value "$ready"
