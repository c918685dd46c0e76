#!/usr/bin/env bash
# Serves phpMyAdmin alone, in place of nginx's own page. The secret that encrypts its login cookies was made by Debian's
# package, and never leaves the server: a server made anew has everyone log in again.
set -euo pipefail

# An image is made without it, or all of its servers would have the same.
if [[ ! -s /var/lib/phpmyadmin/blowfish_secret.inc.php ]]; then
  rm -f /var/lib/phpmyadmin/blowfish_secret.inc.php
  dpkg-reconfigure --frontend noninteractive phpmyadmin
fi
rm -f /etc/nginx/sites-enabled/default
# Debian has one version of PHP at a time, and its services are named after it.
for configuration in /etc/php/*/fpm; do
  ln -sf /etc/phpmyadmin/php.ini "$configuration/conf.d/90-phpmyadmin.ini"
  version=$(basename "$(dirname "$configuration")")
  systemctl enable "php$version-fpm"
  systemctl restart "php$version-fpm"
done
nginx -q -t
systemctl enable nginx
systemctl reload-or-restart nginx
