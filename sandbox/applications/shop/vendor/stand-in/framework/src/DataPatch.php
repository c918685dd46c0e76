<?php
declare(strict_types=1);

namespace StandIn;

/** A change of data that setup:upgrade applies once, in a transaction, and then lists in patch_list. */
interface DataPatch
{
    public function apply(Database $database): void;
}
