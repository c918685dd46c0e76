<?php
declare(strict_types=1);

namespace StandIn;

/**
 * Declarative schema in small: what the modules' db_schema.xml say, against the database.
 *
 * A column that only the database has stays, unless this code's db_schema_whitelist.json lists it: so a release that is
 * older than the database finds nothing to do.
 */
final class Schema
{
    private const TYPES = ['smallint', 'int', 'varchar', 'decimal', 'text', 'timestamp'];

    public function __construct(private readonly Modules $modules, private readonly Database $database)
    {
    }

    public function isUpToDate(): bool
    {
        return $this->statements() === [];
    }

    /** @return list<string> What brings the database to what the code declares, a statement for each change. */
    public function statements(): array
    {
        $existing = $this->existing();
        $declared = $this->declared();
        $whitelist = $this->whitelist();
        $statements = [];
        foreach ($declared as $table => $parts) {
            $name = $this->database->table($table);
            if (!isset($existing[$name])) {
                $lines = [...array_column($parts['columns'], 'sql'), ...$parts['keys']];
                $statements[] = "CREATE TABLE `$name` (" . implode(', ', $lines) . ') ENGINE=InnoDB DEFAULT CHARSET=utf8mb4';
                continue;
            }
            foreach ($parts['columns'] as $column => $wanted) {
                $found = $existing[$name][$column] ?? null;
                if ($found === null) {
                    $statements[] = "ALTER TABLE `$name` ADD COLUMN {$wanted['sql']}";
                } elseif ($found !== $wanted['shape']) {
                    $statements[] = "ALTER TABLE `$name` MODIFY COLUMN {$wanted['sql']}";
                }
            }
            foreach (array_diff(array_keys($existing[$name]), array_keys($parts['columns'])) as $column) {
                if (isset($whitelist[$table]['column'][$column])) {
                    $statements[] = "ALTER TABLE `$name` DROP COLUMN `$column`";
                }
            }
        }
        foreach (array_diff(array_keys($whitelist), array_keys($declared)) as $table) {
            if (isset($existing[$this->database->table($table)])) {
                $statements[] = "DROP TABLE `{$this->database->table($table)}`";
            }
        }
        return $statements;
    }

    /** @return array<string, array{columns: array<string, array{sql: string, shape: string}>, keys: list<string>}> */
    private function declared(): array
    {
        $tables = [];
        foreach (['framework' => dirname(__DIR__) . '/etc/db_schema.xml'] + $this->modules->files('etc/db_schema.xml') as $file) {
            foreach (Xml::load($file)->table as $table) {
                $name = (string) $table['name'];
                $tables[$name] ??= ['columns' => [], 'keys' => []];
                foreach ($table->column as $column) {
                    $tables[$name]['columns'][(string) $column['name']] = self::column($column);
                }
                foreach ($table->constraint as $constraint) {
                    $tables[$name]['keys'][] = self::key($constraint);
                }
            }
        }
        return $tables;
    }

    /** @return array{sql: string, shape: string} */
    private static function column(\SimpleXMLElement $column): array
    {
        $type = (string) $column->attributes('xsi', true)['type'];
        if (!in_array($type, self::TYPES, true)) {
            throw new LocalizedException("The column type '$type' is not known to the stand-in.");
        }
        $size = match ($type) {
            'varchar' => "({$column['length']})",
            'decimal' => "({$column['precision']},{$column['scale']})",
            default => '',
        };
        $isNullable = (string) ($column['nullable'] ?? 'true') === 'true';
        $sql = "`{$column['name']}` $type$size" . ((string) $column['unsigned'] === 'true' ? ' UNSIGNED' : '')
            . ($isNullable ? ' NULL' : ' NOT NULL')
            . ((string) $column['identity'] === 'true' ? ' AUTO_INCREMENT' : '');
        if (isset($column['default'])) {
            $default = (string) $column['default'];
            $sql .= ' DEFAULT ' . ($default === 'CURRENT_TIMESTAMP' ? $default : "'" . addslashes($default) . "'");
        }
        return ['sql' => $sql, 'shape' => "$type$size " . ($isNullable ? 'YES' : 'NO')];
    }

    private static function key(\SimpleXMLElement $constraint): string
    {
        $columns = [];
        foreach ($constraint->column as $column) {
            $columns[] = "`{$column['name']}`";
        }
        $list = implode(', ', $columns);
        $isPrimary = (string) $constraint->attributes('xsi', true)['type'] === 'primary';
        return $isPrimary ? "PRIMARY KEY ($list)" : "UNIQUE KEY `{$constraint['referenceId']}` ($list)";
    }

    /** @return array<string, array<string, string>> Table => column => shape, as column() has it. */
    private function existing(): array
    {
        $tables = [];
        $rows = $this->database->rows(
            'SELECT table_name AS t, column_name AS c, data_type AS d, character_maximum_length AS l,'
            . ' numeric_precision AS p, numeric_scale AS s, is_nullable AS n'
            . ' FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position'
        );
        foreach ($rows as $row) {
            $size = match ($row['d']) {
                'varchar' => "({$row['l']})",
                'decimal' => "({$row['p']},{$row['s']})",
                default => '',
            };
            $tables[$row['t']][$row['c']] = "{$row['d']}$size {$row['n']}";
        }
        return $tables;
    }

    /** @return array<string, array{column: array<string, bool>}> */
    private function whitelist(): array
    {
        $lists = array_map(
            static fn (string $file): array => (array) json_decode((string) file_get_contents($file), true),
            array_values($this->modules->files('etc/db_schema_whitelist.json'))
        );
        return array_replace_recursive([], ...$lists);
    }
}
