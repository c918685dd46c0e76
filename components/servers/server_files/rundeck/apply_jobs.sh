#!/usr/bin/env bash
# Gives Rundeck its jobs and Ansible what it knows: `apply_jobs.sh <directory>`, which has the new files at their paths. In
# a boot, Rundeck is not there yet: load_jobs.sh follows. It ends with 75 when Rundeck does not run at another time:
# apply-configuration then runs it again.
set -euo pipefail

readonly new=$1
readonly acl=${RUNDECK_CONFIGURATION:-/etc/rundeck}/release.aclpolicy

# Debian's, which Ansible depends on.
readonly read_all='
import pathlib, sys, yaml
for path in pathlib.Path(sys.argv[1]).rglob("*"):
    if path.suffix in (".yaml", ".yml", ".aclpolicy"):
        list(yaml.safe_load_all(path.open()))
'
if ! said=$(/usr/bin/python3 -c "$read_all" "$new" 2>&1); then
  # In one line.
  tail --lines 4 <<<"$said" | tr '\n' ' '
  exit 1
fi
code=0
if systemctl is-active --quiet rundeckd; then
  RUNDECK_JOBS=$new/etc/boot-platform/rundeck-jobs.yaml load_jobs.sh
  install -m 0640 -o rundeck -g rundeck "$new/etc/boot-platform/release.aclpolicy" "$acl.new"
  mv "$acl.new" "$acl"
elif ! grep --quiet ^booting "${BOOT_STATUS:-/var/lib/boot-platform/status}"; then
  code=75
fi
cp --recursive "$new/." "${RUNDECK_ROOT:-}/"
if ((code)); then echo "Rundeck does not run: it gets its jobs when it does"; fi
exit "$code"
