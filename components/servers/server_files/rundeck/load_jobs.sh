#!/usr/bin/env bash
# Makes the project and loads the jobs that come with the platform into it; jobs that people made stay as they are.
set -euo pipefail
# shellcheck source=/dev/null  # rendered from rundeck.env.j2
. "${RUNDECK_ENVIRONMENT:-/etc/boot-platform/rundeck.env}"

readonly jobs=${RUNDECK_JOBS:-/etc/boot-platform/rundeck-jobs.yaml}

# As Rundeck calls itself, because it sends whoever logs in there.
# The certificate signs itself, which Java does not trust; nothing leaves the server.
export RD_URL=$RUNDECK_URL RD_USER=admin RD_COLOR=0 RD_INSECURE_SSL=true
RD_PASSWORD=$(sed -n 's/^admin:\([^,]*\),.*/\1/p' /etc/rundeck/realm.properties)
export RD_PASSWORD

# The first start makes the database, which takes minutes on a small instance.
deadline=$((SECONDS + 900))
until rd system info >/dev/null 2>&1; do
  if ((SECONDS >= deadline)); then
    echo "$RUNDECK_URL does not answer; see /var/log/rundeck/service.log" >&2
    exit 1
  fi
  sleep 5
done

if ! rd projects info -p "$RUNDECK_PROJECT" >/dev/null 2>&1; then
  rd projects create -p "$RUNDECK_PROJECT"
fi
rd jobs load -p "$RUNDECK_PROJECT" --format yaml --file "$jobs" --duplicate update
