#!/usr/bin/env bash
# install.sh <server>: installs what a server's boot would install, so that the boot finds it there. Run as root on the
# instance that becomes the image, beside the folders of components/servers/server_files. The server's own boot does the rest.
set -euo pipefail

server=$1
files=$(dirname "$(readlink --canonicalize "$0")")

install -m 0755 "$files/boot/instance_metadata.sh" /usr/local/bin/instance-metadata
# Until then cloud-init may still be installing the agent that this session comes by. From Debian 13 on, it ends with 2
# where it has warned of something.
cloud-init status --wait >/dev/null || (($? == 2))

packages=$(mktemp)
trap 'rm -f "$packages"' EXIT
cat "$files/boot/packages.txt" "$files/$server/packages.txt" >"$packages"
BOOT_PACKAGES=$packages bash "$files/boot/install_packages.sh"
bash "$files/boot/install_session_manager.sh"

# What a boot tells Rundeck's script in a file, Packer tells it in the environment.
export RUNDECK_ENVIRONMENT=/dev/null RUNDECK_SOURCES="$files/rundeck/rundeck.sources"
for script in "$files/$server"/{install,fetch}_*.sh; do
  if [[ -e $script ]]; then bash "$script"; fi
done

# They would start with Debian's configuration before a boot has written ours, which starts them itself.
if [[ -e $files/$server/services.txt ]]; then
  while read -r pattern; do
    # Which is an error where there is none.
    { systemctl list-unit-files --no-legend "$pattern" || true; } | while read -r unit _; do systemctl disable "$unit"; done
  done <"$files/$server/services.txt"
fi
