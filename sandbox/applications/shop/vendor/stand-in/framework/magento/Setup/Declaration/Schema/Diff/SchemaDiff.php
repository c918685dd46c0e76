<?php
declare(strict_types=1);

namespace Magento\Framework\Setup\Declaration\Schema\Diff;

use StandIn\Schema;

final class SchemaDiff
{
    /** @return list<string> The statements that bring the database to what is declared. */
    public function diff(Schema $declared, Schema $database): array
    {
        return $declared->statements();
    }
}
