#!/usr/bin/env bash
# Opens a tunnel with TLS from this instance to the cache, for a Magento that cannot speak TLS to its cache (2.4.9).
# env.php says so, in platform/cache_tunnel. A tunnel that no longer changes goes on: requests in flight use it.
set -euo pipefail

readonly configuration=/etc/stunnel/magento-cache.conf
readonly unit=/etc/systemd/system/magento-cache-tunnel.service

# Empty for an env.php that asks for no tunnel. A tunnel of an earlier release stays: its workers may still run.
# shellcheck disable=SC2016  # The variable is PHP's.
ends=$(php -r '$tunnel = (include "app/etc/env.php")["platform"]["cache_tunnel"] ?? []; echo implode(" ", [...$tunnel]);')
if [[ -z $ends ]]; then exit 0; fi
read -r accept connect <<<"$ends"
if [[ ! $accept =~ ^[0-9]+$ || ! $connect =~ ^([A-Za-z0-9.-]+):[0-9]+$ ]]; then
  echo "app/etc/env.php: platform/cache_tunnel: got $ends, expected a port and host:port. Run pulumi up, and deploy again." >&2
  exit 1
fi
host=${BASH_REMATCH[1]}

if ! command -v stunnel >/dev/null; then bash .platform/install_package.sh stunnel; fi
# The system's certificate authorities, which signed ElastiCache's certificates: Amazon Linux's place, then Debian's.
for authorities in /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/certs/ca-certificates.crt; do
  if [[ -s $authorities ]]; then break; fi
done

mkdir -p "$(dirname "$configuration")"
# delay: the name is looked up at each connection. After a failover it leads to another node.
cat >"$configuration.new" <<CONFIGURATION
foreground = yes
pid =
[magento-cache]
client = yes
accept = 127.0.0.1:$accept
connect = $connect
delay = yes
sni = $host
verifyChain = yes
checkHost = $host
CAfile = $authorities
CONFIGURATION
cat >"$unit.new" <<UNIT
[Unit]
Description=TLS from Magento to its cache
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=$(command -v stunnel) $configuration
User=webapp
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
UNIT

changed=
for file in "$configuration" "$unit"; do
  if cmp --silent "$file.new" "$file"; then
    rm "$file.new"
  else
    changed=yes
    mv "$file.new" "$file"
  fi
done
if [[ -n $changed ]] || ! systemctl is-active --quiet magento-cache-tunnel.service; then
  systemctl daemon-reload
  systemctl enable --quiet magento-cache-tunnel.service
  systemctl restart magento-cache-tunnel.service
fi
