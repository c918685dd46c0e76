#!/usr/bin/env bash
# Says how the boot goes, to whoever asks AWS or looks on the server: `boot-status booting|ready|failed [what failed]`.
# The instance's tag BootStatus is what monitoring and people see; the file has the time, and the detail. Without arguments,
# it sets the tag if AWS has not taken it yet: publish-boot-status.service runs that every five minutes.
# Without the tag, the server has not even installed its packages.
set -euo pipefail

readonly file=${BOOT_STATUS:-/var/lib/boot-platform/status}
readonly untold=$file.untold

mkdir -p "$(dirname "$file")"
# The last one to say it is the last one to set the tag.
exec 9>"$file.lock"
flock 9
if (($#)); then
  touch "$untold"
  printf '%s\t%s\t%s\n' "$1" "$(date --utc --iso-8601=seconds)" "${2:-}" >"$file.new"
  mv "$file.new" "$file"
fi
if [[ ! -e $untold ]]; then exit 0; fi

read -r status _ <"$file"
region=$(instance-metadata placement/region)
instance=$(instance-metadata instance-id)
AWS_MAX_ATTEMPTS=10 aws ec2 create-tags --region "$region" --resources "$instance" --tags "Key=BootStatus,Value=$status"
rm "$untold"
