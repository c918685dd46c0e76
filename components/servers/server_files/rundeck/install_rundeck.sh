#!/usr/bin/env bash
# Installs Rundeck and its command line from Rundeck's own repository, whose key must be the one that is known.
set -euo pipefail
# shellcheck source=/dev/null  # rendered from rundeck.env.j2
. "${RUNDECK_ENVIRONMENT:-/etc/boot-platform/rundeck.env}"

readonly keyring=${RUNDECK_KEYRING:-/etc/apt/keyrings/rundeck.asc}
readonly sources=${RUNDECK_SOURCES:-/etc/boot-platform/rundeck.sources}
# As the community's Puppet module pins it (voxpupuli/puppet-rundeck, data/os/Debian.yaml).
readonly fingerprint=0DDD2FA79B15D736ECEA32B89B5206167C5C34C0

# Its program lies where its data is. A volume that is mounted there, blank or from an earlier server, hides what the
# package has put there; and of two programs, Rundeck's profile starts either.
readonly data=/var/lib/rundeck
readonly programs=$data/bootstrap
# What the package has put there, as an image keeps it for the volume that comes.
readonly kept=/usr/local/lib/rundeck

version_of() { dpkg-query --show --showformat='${db:Status-Status} ${Version}' "$1" 2>/dev/null; }

install_packages() {
  DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --reinstall --allow-downgrades \
    --option DPkg::Lock::Timeout=600 --option Acquire::Retries=5 --option Dpkg::Options::=--force-confold "$@"
}

its_programs() { dpkg-query --listfiles rundeck | grep "^$programs/.*\.war$" | sort; }

lacks_its_program() {
  local program
  while read -r program; do
    if [[ ! -s $program ]]; then return 0; fi
  done < <(its_programs)
  return 1
}

remove_other_programs() {
  comm -13 <(its_programs) <(find "$programs" -name '*.war' | sort) | xargs --no-run-if-empty rm
}

installed=$(version_of rundeck || true)
# The version may be a pattern, for apt as for bash.
# shellcheck disable=SC2053
if [[ $installed == "installed "$RUNDECK_VERSION && $(version_of rundeck-cli) == "installed "* ]]; then
  if lacks_its_program && [[ -d $kept ]]; then cp --archive --no-clobber "$kept/." "$data/"; fi
  if ! lacks_its_program; then
    remove_other_programs
    exit 0
  fi
fi

mkdir -p "$(dirname "$keyring")"
curl --fail --silent --show-error --location --connect-timeout 10 --max-time 60 --retry 5 --output "$keyring.new" \
  https://packages.rundeck.com/pagerduty/rundeck/gpgkey
# All that the file holds is trusted: it must hold this one key and no other.
found=$(gpg --batch --show-keys --with-colons "$keyring.new" |
  awk -F: '$1 == "pub" { primary = 1 } $1 == "fpr" && primary { print $10; primary = 0 }')
if [[ $found != "$fingerprint" ]]; then
  echo "the key of Rundeck's repository should be $fingerprint, got '$found'" >&2
  exit 1
fi
mv "$keyring.new" "$keyring"
install -m 0644 "$sources" /etc/apt/sources.list.d/rundeck.sources
# A later boot does not make them again once Rundeck is installed.
sync

# Debian's own timers hold the lock of the lists for a while, for which apt does not wait.
until apt-get update --quiet; do
  if ((SECONDS >= 600)); then exit 1; fi
  sleep 5
done
install_packages "rundeck=$RUNDECK_VERSION" rundeck-cli
remove_other_programs
if ! mountpoint --quiet "$data"; then
  rm -rf "$kept"
  cp --archive "$data" "$kept"
fi
