#!/usr/bin/env bash
# Puts Rundeck's configuration in place, with its two passwords from Secrets Manager, and starts it.
set -euo pipefail
# shellcheck source=/dev/null  # rendered from rundeck.env.j2
. "${RUNDECK_ENVIRONMENT:-/etc/boot-platform/rundeck.env}"

readonly configuration=/etc/rundeck
readonly data=/var/lib/rundeck

password_in() {
  aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text |
    jq --exit-status --raw-output .password
}

# Written in one piece, and never readable by others in between.
write() {
  install -m 0640 -o rundeck -g rundeck /dev/null "$1.new"
  cat >"$1.new"
  mv "$1.new" "$1"
}

# The package would make up a storage password at each installation: a new instance could not read what the last one
# stored. Ours is as old as the volume.
storage_password=$(password_in "$STORAGE_SECRET")
properties=$(<"/etc/boot-platform/rundeck-config.properties")
printf '%s\n' "${properties//@storage_password@/$storage_password}" | write "$configuration/rundeck-config.properties"

# In the clear, since whoever may read the file may read the secret too: the jobs run as this user, with this role.
admin_password=$(password_in "$ADMIN_SECRET")
printf 'admin:%s,user,admin\n' "$admin_password" | write "$configuration/realm.properties"

# The volume may come from an instance on which the user had another number.
find "$data" -path "$data/lost+found" -prune -o ! -user rundeck -exec chown --no-dereference rundeck:rundeck {} +

# Where its jobs unpack the release tool.
install -d -m 0750 -o rundeck -g rundeck /var/cache/shop-release

systemctl daemon-reload
systemctl enable --now rundeckd
