#!/usr/bin/env bash
# Serves the web root by FTP to one user, for clients that come through the gateway.
set -euo pipefail

# Tells the users that this hook made from all others.
readonly comment=satellite-ftp

made_here() { getent passwd | awk -F: -v comment="$comment" '$5 == comment { print $1 }'; }

if [[ -z ${FTP_USER:-} ]]; then
  # Nothing to stop on an instance that never served any.
  systemctl disable --now vsftpd.service 2> /dev/null || true
  for user in $(made_here); do userdel "$user"; done
  exit 0
fi
: "${FTP_SECRET:?}" "${FTP_PASSIVE_ADDRESS:?}" "${FTP_FIRST_PASSIVE_PORT:?}" "${FTP_LAST_PASSIVE_PORT:?}"

# The application does not see the password: only this hook asks for it. The fourth part of an ARN is its region.
password=$(
  aws secretsmanager get-secret-value --region "$(cut -d: -f4 <<< "$FTP_SECRET")" --secret-id "$FTP_SECRET" \
    --query SecretString --output text | python3 -c 'import json, sys; print(json.load(sys.stdin)["password"])'
)
if ! getent passwd "$FTP_USER" > /dev/null; then
  useradd --no-create-home --home-dir /var/app/current --no-user-group --gid webapp --shell /sbin/nologin \
    --comment "$comment" "$FTP_USER"
elif [[ $(getent passwd "$FTP_USER" | cut -d: -f5) != "$comment" ]]; then
  echo "FTP_USER: got $FTP_USER, expected a name that no user of the system has. Change the satellite's ftp.user." >&2
  exit 1
fi
chpasswd <<< "$FTP_USER:$password"

# Writes standard input to a file, whole: it decides who gets in.
write() {
  mkdir -p "$(dirname "$1")"
  cat > "$1.new"
  mv "$1.new" "$1"
}
write /etc/vsftpd/users <<< "$FTP_USER"
# The distribution's own service refuses a user without a login shell, which this one must not have.
write /etc/pam.d/satellite-ftp <<'PAM'
auth    required pam_unix.so
account required pam_unix.so
session required pam_permit.so
PAM
write /etc/vsftpd/vsftpd.conf <<CONF
listen=YES
listen_ipv6=NO
# Amazon Linux starts it as a service that goes into the background by itself.
background=YES
connect_from_port_20=NO

anonymous_enable=NO
local_enable=YES
pam_service_name=satellite-ftp
userlist_enable=YES
userlist_deny=NO
userlist_file=/etc/vsftpd/users

# The web root, and nothing above it; vsftpd refuses a root that its user may write to unless told otherwise.
local_root=/var/app/current
chroot_local_user=YES
allow_writeable_chroot=YES
# The credentials, and these hooks. Patterns are held against the path from the root on, however a client puts it.
deny_file={/.*}
hide_file={.*}

write_enable=YES
local_umask=002
file_open_mode=0664

# Data connections come through the gateway: its address, and the ports that it forwards. Active mode could not work.
port_enable=NO
pasv_enable=YES
pasv_address=$FTP_PASSIVE_ADDRESS
pasv_min_port=$FTP_FIRST_PASSIVE_PORT
pasv_max_port=$FTP_LAST_PASSIVE_PORT

xferlog_enable=YES
vsftpd_log_file=/var/log/vsftpd.log
CONF
systemctl enable vsftpd.service
systemctl restart vsftpd.service

# After the restart, which ended their sessions.
for user in $(made_here); do
  if [[ $user != "$FTP_USER" ]]; then userdel "$user"; fi
done
