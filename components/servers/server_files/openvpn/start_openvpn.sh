#!/usr/bin/env bash
# Lets the kernel forward and starts the server, now and at every boot.
set -euo pipefail

sysctl --quiet --load=/etc/sysctl.d/60-openvpn.conf
systemctl daemon-reload
systemctl enable --now openvpn-server@server rotate-certificates.timer
