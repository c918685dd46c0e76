#!/usr/bin/env bash
# Copies the statics of a release that is unpacked beside the running one to their share. It is most of the time that a
# deployment takes on the first instance, and hosts of other releases go on serving theirs.
set -euo pipefail

MAGENTO_NFS_SHARES=$(/opt/elasticbeanstalk/bin/get-config environment -k MAGENTO_NFS_SHARES || true)
export MAGENTO_NFS_SHARES
cd "/var/app/candidates/$RELEASE"
exec bash .platform/hooks/predeploy/20_place_statics.sh
