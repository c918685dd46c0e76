<?php
declare(strict_types=1);

namespace StandIn;

/** Works on the messages of one topic; etc/queue.xml names it. */
interface Consumer
{
    public function process(App $app, string $body): void;
}
