<?php
declare(strict_types=1);

namespace Client\Store\Setup\Patch\Data;

use StandIn\Database;
use StandIn\DataPatch;

final class AddStore implements DataPatch
{
    public function apply(Database $database): void
    {
        $database->run("INSERT IGNORE INTO {store} (store_id, code) VALUES (1, 'default')");
    }
}
