#!/usr/bin/env bash
# Changes the database as a release that is unpacked beside the running one needs it, imports its configuration, and cleans
# its caches, which it wrote before.
#
# It runs as a service with the release's name. So a lost agent ends nothing, and whoever asks again waits for the one that
# runs: Magento has no lock, and lets two setup:upgrade run at once. ATTEMPT grows, also when the release is deployed anew. One
# that has ended is not made again: its result is printed. One that goes on without its command answers for the next.
set -euo pipefail

readonly directory=/var/app/candidates/$RELEASE
readonly state=/var/lib/magento-migration
readonly unit=magento-migration-$RELEASE
readonly result=$state/$RELEASE.result log=$state/$RELEASE.log

mkdir -p "$state"
# Magento may print a connection's password when it fails.
end_of_log() { tail -n "$1" "$log" | php "$directory/.platform/without_secrets.php"; }
ended() { [[ -f $result ]] && read -r last _ <"$result" && ((last >= ATTEMPT)); }

if ! ended && ! systemctl is-active --quiet "$unit"; then
  rm -f "$result"
  cat >"$state/$RELEASE.sh" <<SERVICE
cd "$directory"
magento() { runuser -u webapp -- php -d memory_limit=2G bin/magento "\$@" --no-interaction --no-ansi; }
{
  magento setup:upgrade --keep-generated && magento app:config:import && magento cache:clean && magento setup:db:status
} >"$log" 2>&1
echo "$ATTEMPT \$?" >"$result.new"
mv "$result.new" "$result"
SERVICE
  systemctl reset-failed "$unit" 2>/dev/null || true
  systemd-run --quiet --collect --unit="$unit" bash "$state/$RELEASE.sh"
fi
while systemctl is-active --quiet "$unit"; do sleep 0.5; done
if [[ ! -f $result ]]; then
  echo "$unit: it was killed. The end of $log:" >&2
  end_of_log 20 >&2
  exit 1
fi
read -r _ code <"$result"
if ((code != 0)); then
  echo "bin/magento ended with $code. The end of $log:" >&2
  end_of_log 20 >&2
  exit 1
fi
end_of_log 5
