#!/usr/bin/env bash
# Puts the forwards into effect. Connections that are open stay open when it runs again.
set -euo pipefail

haproxy -c -q -f /etc/haproxy/gateway.cfg
systemctl daemon-reload
systemctl enable haproxy
systemctl reload-or-restart haproxy
