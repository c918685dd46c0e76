<?php
declare(strict_types=1);

namespace StandIn\Console;

use StandIn\App;

/** A class that a module's etc/di.xml adds to bin/magento's list of commands. */
interface CommandProvider
{
    /** @return list<Command> */
    public function commands(App $app): array;
}
