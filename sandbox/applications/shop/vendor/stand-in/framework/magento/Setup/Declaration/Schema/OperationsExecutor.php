<?php
declare(strict_types=1);

namespace Magento\Framework\Setup\Declaration\Schema;

use StandIn\Database;
use StandIn\Files;

/** Runs the statements one by one, or writes them to a log. */
final class OperationsExecutor
{
    private const LOG = BP . '/var/log/dry-run-installation.log';

    public function __construct(private readonly Database $database)
    {
    }

    /**
     * @param list<string> $statements
     * @param array<string, mixed> $request
     */
    public function execute(array $statements, array $request): void
    {
        if (!empty($request['dry-run'])) {
            // Without statements, the log of an earlier run is emptied, and none is made.
            if ($statements !== [] || is_file(self::LOG)) {
                Files::write(self::LOG, implode('', array_map(static fn (string $each): string => "$each\n\n", $statements)));
            }
            return;
        }
        foreach ($statements as $statement) {
            try {
                $this->database->pdo()->exec($statement);
            } catch (\PDOException $error) {
                // Table exists; column exists; unknown column or table to drop: there is no lock between two upgrades.
                if (!in_array($error->errorInfo[1] ?? null, [1050, 1060, 1091, 1051], true)) {
                    throw $error;
                }
            }
        }
    }
}
