<?php
declare(strict_types=1);

namespace StandIn;

/** Runs at every cron:run; etc/crontab.xml names it. */
interface CronJob
{
    public function execute(App $app): void;
}
