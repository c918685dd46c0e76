#!/usr/bin/env bash
# Stops cron and consumers of the back office, and prints the jobs that it had to end.
#
# Maintenance mode does not stop them: cron:run runs then too. What runs already gets five minutes.
set -euo pipefail

readonly marker=/var/app/cron-paused
readonly writers='bin/magento (cron:run|queue:consumers:start)'
readonly seconds=300

mark() {
  echo "by release $RELEASE" >"$marker.new"
  mv "$marker.new" "$marker"
}
running() { pgrep --uid webapp --full "$writers" || true; }
wait_for() {
  for ((second = 0; second < $1; second++)); do
    if [[ -z $(running) ]]; then return; fi
    # Whoever takes the release back lets them go on, while the command of a killed process still waits here.
    if [[ ! -e $marker ]]; then
      echo "$marker: it is gone. Cron and consumers go on." >&2
      exit 1
    fi
    sleep 1
  done
}

if [[ -e $marker ]] && ! grep --quiet '^by release ' "$marker"; then
  # Somebody has paused them by hand, and resume-writers leaves that alone.
  echo "$marker: there already, and not by a release. Cron stays paused afterwards."
else
  mark
fi
# Consumers end after the message that they work on.
runuser -u webapp -- php "/var/app/current/bin/magento" queue:consumers:restart --no-interaction >/dev/null 2>&1 || true
wait_for "$seconds"
mapfile -t left < <(running)
if ((${#left[@]})); then
  ps --format pid=,etime=,args= --pid "$(IFS=,; echo "${left[*]}")" || true
  kill -s TERM "${left[@]}" 2>/dev/null || true
  wait_for 20
  mapfile -t left < <(running)
  if ((${#left[@]})); then
    kill -s KILL "${left[@]}" 2>/dev/null || true
    wait_for 5
  fi
fi
if [[ -n $(running) ]]; then
  echo "cron and consumers: they still run after KILL" >&2
  exit 1
fi
# Releases that were built before it have no such script.
for place in "/var/app/candidates/$RELEASE" /var/app/current; do
  if [[ -f $place/.platform/end_running_jobs.php ]]; then
    runuser -u webapp -- php "$place/.platform/end_running_jobs.php" "$RELEASE"
    exit 0
  fi
done
