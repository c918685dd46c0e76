#!/usr/bin/env bash
# Publishes how much this server uses: of its file systems (bytes and inodes), memory and swap in percent, and its load; and
# how many of its volumes are not mounted.
# publish-boot-status.timer runs it every five minutes. Each file system has its own metric, and counts in the server's
# own, whose maximum is the fullest: an alarm for each server is enough.
set -euo pipefail

readonly volumes=${BOOT_VOLUMES:-/etc/boot-platform/volumes}
readonly kernel=${PROC:-/proc}

region=$(instance-metadata placement/region)
instance=$(instance-metadata instance-id)
data=()
# add <metric> <value> <unit> [<directory>]
add() {
  local own="{\"Name\":\"InstanceId\",\"Value\":\"$instance\"}" start
  start="{\"MetricName\":\"$1\",\"Value\":$2,\"Unit\":\"$3\",\"Dimensions\":[$own"
  data+=("$start]}")
  if (($# == 4)); then data+=("$start,{\"Name\":\"Directory\",\"Value\":\"$4\"}]}"); fi
}

# A volume that is not mounted is counted and left out: its directory would be measured as a part of the root disk.
missing=0
while read -r directory; do
  if ! mountpoint --quiet "$directory"; then
    missing=$((missing + 1))
    continue
  fi
  read -r bytes inodes < <(df --output=pcent,ipcent "$directory" | tail -n 1 | tr -d %)
  add DiskUsedPercent "$bytes" Percent "$directory"
  # Some file systems, such as btrfs, have no fixed number of inodes.
  if [[ $inodes != - ]]; then add InodesUsedPercent "$inodes" Percent "$directory"; fi
done < <(echo / && cut --delimiter ' ' --fields 2- "$volumes")
# A metric costs as long as it is published, and no news is good news for its alarm.
if ((missing)); then add VolumesMissing "$missing" Count; fi

# percent <free> <total>: what is used of two lines of meminfo. Nothing of nothing is 0, such as swap without any.
percent() {
  awk -v free="$1:" -v total="$2:" '
    $1 == free { left = $2 } $1 == total { all = $2 }
    END { printf "%.1f", all ? 100 * (all - left) / all : 0 }' "$kernel/meminfo"
}
add MemoryUsedPercent "$(percent MemAvailable MemTotal)" Percent
add SwapUsedPercent "$(percent SwapFree SwapTotal)" Percent
read -r _ load _ <"$kernel/loadavg"
add LoadAverage5min "$load" None

joined=$(IFS=,; echo "${data[*]}")
aws cloudwatch put-metric-data --region "$region" --namespace Servers --metric-data "[$joined]"
