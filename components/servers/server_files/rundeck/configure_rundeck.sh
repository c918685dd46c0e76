#!/usr/bin/env bash
# Puts Rundeck's configuration in place, with its two passwords from Secrets Manager, and starts it.
set -euo pipefail
# shellcheck source=/dev/null  # rendered from rundeck.env.j2
. "${RUNDECK_ENVIRONMENT:-/etc/boot-platform/rundeck.env}"

readonly configuration=${RUNDECK_CONFIGURATION:-/etc/rundeck}
readonly data=${RUNDECK_DATA:-/var/lib/rundeck}
readonly prepared=${RUNDECK_PREPARED:-/etc/boot-platform}

secret() { aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text; }
password_in() { jq --exit-status --raw-output .password <<<"$1"; }

# Written in one piece, and never readable by others in between.
write() {
  install -m 0640 -o rundeck -g rundeck /dev/null "$1.new"
  cat >"$1.new"
  mv "$1.new" "$1"
}

if storage=$(secret "$STORAGE_SECRET") && admin=$(secret "$ADMIN_SECRET") && release=$(secret "$RELEASE_SECRET"); then
  # The package would make up a storage password at each installation: a new instance could not read what the last one
  # stored. Ours is as old as the volume.
  storage_password=$(password_in "$storage")
  properties=$(<"$prepared/rundeck-config.properties")
  printf '%s\n' "${properties//@storage_password@/$storage_password}" | write "$configuration/rundeck-config.properties"

  # In the clear, since whoever may read the file may read the secret too: the jobs run as this user, with this role.
  admin_password=$(password_in "$admin")
  # Who may release and nothing else, by release.aclpolicy, with a password each. In the file, a comma ends the password, and
  # a backslash changes what follows.
  releasers=$(jq --exit-status --raw-output --arg secret "$RELEASE_SECRET" '
    to_entries | map(
      if .key == "admin" or (.key | test("\\A[a-z0-9][a-z0-9._-]{0,31}\\z") | not)
      then error("\($secret): got user \(.key), expected 1 to 32 of a-z 0-9 . _ -, and not admin")
      elif (.value | type) != "string" or (.value | test("\\A[!-+\\x2d-\\x5b\\x5d-~]{12,}\\z") | not)
      then error("\($secret): got a password of \(.key) that does not fit, expected 12 or more letters, digits and marks, without , and \\")
      else "\(.key):\(.value),user,release" end) | join("\n")' <<<"$release")
  printf 'admin:%s,user,admin\n%s\n' "$admin_password" "$releasers" | write "$configuration/realm.properties"
# The file that the package brings has more groups.
elif grep --quiet '^admin:.*,user,admin$' "$configuration/realm.properties"; then
  echo "Secrets Manager does not answer: the passwords of the boot before stay" >&2
else
  exit 1
fi
write "$configuration/release.aclpolicy" <"$prepared/release.aclpolicy"

# The volume may come from an instance on which the user had another number.
find "$data" -path "$data/lost+found" -prune -o ! -user rundeck -exec chown --no-dereference rundeck:rundeck {} +

# Where its jobs unpack the release tool.
install -d -m 0750 -o rundeck -g rundeck "${SHOP_RELEASE_CACHE:-/var/cache/shop-release}"

systemctl daemon-reload
# Not in one command: of a service that has an init script, as Rundeck's package has, --now starts nothing.
systemctl enable rundeckd
systemctl start rundeckd
