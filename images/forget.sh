#!/usr/bin/env bash
# Takes out of the image what a server is to have for itself, or not at all. Run as root, last of all.
set -euo pipefail

systemctl stop amazon-ssm-agent
# Whom Systems Manager takes the machine for.
rm -rf /var/lib/amazon/ssm
# What encrypts phpMyAdmin's login cookies; its boot makes another.
rm -f /var/lib/phpmyadmin/blowfish_secret.inc.php
rm -f /var/lib/systemd/random-seed /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub
# cloud-init adds its rules to what is there.
rm -f /etc/sudoers.d/90-cloud-init-users
# Then cloud-init takes the next boot for a machine's first.
cloud-init clean --logs
# Empty, and not what `cloud-init clean --machine-id` writes: after that, systemd would go by its presets and enable every
# service there is ("First Boot Semantics", machine-id).
truncate --size 0 /etc/machine-id
rm -rf /tmp/platform
sync
