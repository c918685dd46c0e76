#!/usr/bin/env bash
# Runs the jobs of Magento that are due. Cron starts it each minute as the web server's user.
# While /var/app/cron-paused exists it starts none, and so no consumers either. What runs already ends by itself.
set -euo pipefail

if [[ -e /var/app/cron-paused ]]; then exit 0; fi
# shellcheck source=/dev/null
source /etc/magento-cron.env
cd /var/app/current
# While a release is deployed, the back office may have a second instance.
if [[ -n ${MAGENTO_CRON_ON_OLDEST_OF:-} ]] && ! bash .platform/is_oldest_instance.sh "$MAGENTO_CRON_ON_OLDEST_OF"; then
  exit 0
fi
# One at a time. Consumers go on in the background and must not hold the lock (--close).
exec flock --nonblock --conflict-exit-code 0 --close /var/lib/magento-cron.lock php bin/magento cron:run
