#!/usr/bin/env bash
# Arranges a fresh Debian as Amazon Linux 2023 and Beanstalk's PHP platform are: users, and the places of nginx's, Apache's
# and PHP's configuration. Runs once, inside the image, when it is built.
set -euo pipefail

# Beanstalk and Amazon Linux have these numbers.
groupadd --gid 900 webapp
useradd --uid 900 --gid 900 --home-dir /home/webapp --create-home --shell /sbin/nologin webapp
useradd --system --uid 48 --user-group --home-dir /usr/share/httpd --shell /sbin/nologin apache
useradd --system --user-group --home-dir /var/lib/nginx --shell /sbin/nologin nginx

# Nothing starts by itself: systemd starts what Beanstalk or a hook starts, from the units in /etc/systemd/system.
find /etc/systemd/system -type l -delete
find /etc/systemd/system -mindepth 1 -type d -delete
rm -f /lib/systemd/system/timers.target.wants/*
for unit in nginx apache2 php8.2-fpm cron vsftpd mariadb redis-server haproxy rpcbind; do
  rm -f "/lib/systemd/system/$unit.service" "/lib/systemd/system/$unit.socket" "/etc/init.d/$unit"
done
rm -f /etc/init.d/stunnel4 /lib/systemd/system/php-fpm.service /etc/cron.d/* /etc/cron.{hourly,daily,weekly,monthly}/*
for unit in getty.target systemd-logind.service systemd-udevd.service systemd-pstore.service console-getty.service \
  remote-fs.target nfs-client.target systemd-update-utmp.service systemd-update-utmp-runlevel.service; do
  systemctl mask "$unit"
done
systemctl set-default multi-user.target

# PHP reads one php.ini and one directory, from the command line and in fpm.
mv /etc/php/8.2/fpm/php.ini /etc/php.ini
mv /etc/php/8.2/fpm/conf.d /etc/php.d
rm -r /etc/php/8.2/cli /etc/php/8.2/fpm
mkdir -p /etc/php/8.2/cli /etc/php/8.2/fpm /etc/php-fpm.d
for interface in cli fpm; do
  ln -s /etc/php.ini "/etc/php/8.2/$interface/php.ini"
  ln -s /etc/php.d "/etc/php/8.2/$interface/conf.d"
done
ln -s /usr/sbin/php-fpm8.2 /usr/sbin/php-fpm
mkdir -p /var/log/php-fpm /var/lib/php/{session,wsdlcache,opcache}
chown webapp:webapp /var/lib/php/{session,wsdlcache,opcache}
chmod 0770 /var/lib/php/{session,wsdlcache,opcache}

# nginx's and Apache's own configuration comes from Beanstalk at each deployment. mime.types and the parameters stay.
find /etc/nginx -mindepth 1 -maxdepth 1 ! -name mime.types ! -name '*_params' -exec rm -r {} +
rm -rf /etc/nginx/sites-* /var/www/html
mkdir -p /etc/nginx/conf.d/elasticbeanstalk /var/log/nginx/healthd
chown nginx:nginx /var/log/nginx/healthd
mkdir -p /etc/httpd/conf.d/elasticbeanstalk /etc/httpd/conf /var/log/httpd /run/httpd
ln -s /usr/lib/apache2/modules /etc/httpd/modules
ln -s /etc/mime.types /etc/httpd/conf/mime.types 2>/dev/null || true
ln -s /var/log/httpd /etc/httpd/logs

mkdir -p /etc/pki/tls/certs /etc/pki/tls/private /etc/vsftpd /usr/share/empty /var/app /opt/aws/bin \
  /opt/elasticbeanstalk/{bin,deployment,tasks/taillogs.d,tasks/bundlelogs.d} /var/proxy/staging
ln -s /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt
touch /etc/fstab

# /usr/bin/aws is a file of image_files.
mkdir -p /usr/libexec
mv /usr/bin/aws /usr/libexec/aws

# A machine makes its own.
rm -rf /var/lib/mysql/* /var/log/mysql/* /var/lib/redis/* /etc/machine-id /var/lib/apt/lists/* /usr/share/doc/* \
  /usr/share/man/* /usr/share/info/* /var/cache/debconf/*-old
apt-get clean
: >/etc/machine-id
