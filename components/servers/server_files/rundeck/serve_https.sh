#!/usr/bin/env bash
# Serves Rundeck by HTTPS, in place of nginx's own page.
set -euo pipefail

readonly configuration=${NGINX_CONFIGURATION:-/etc/nginx}
address=$(instance-metadata local-ipv4)
site=$(<"${RUNDECK_HTTPS:-/etc/boot-platform/https.conf}")
rm -f "$configuration/sites-enabled/default"
printf '%s\n' "${site//@address@/$address}" >"$configuration/conf.d/rundeck.conf"
systemctl daemon-reload
systemctl start rundeck-certificate.service
systemctl enable --now rundeck-certificate.timer
nginx -q -t
systemctl enable nginx
systemctl restart nginx
