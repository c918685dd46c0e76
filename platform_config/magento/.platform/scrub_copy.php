<?php
// Takes personal data and credentials out of a copy of the shop's database by a list of its tables, checks that none is left,
// and prints what remains, for load_copy.php:
//
//   php .platform/scrub_copy.php <host of the copy> <list, in JSON> <file for the facts> >dump
//
// It prints nothing, and its facts say why, if the copy has a table that the list does not name, or something that should not
// be there after it. Nothing of the shop's own database is changed.
//
// A dump has records, each as a line with its length in bytes and then its bytes: the list first, then statements of SQL, and
// last the word "end".
declare(strict_types=1);

require __DIR__ . '/database.php';
require __DIR__ . '/scrub_rules.php';

const STATEMENT_BYTES = 1 << 20;
const ADDRESS = '/[a-z0-9._%+-]@([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})/i';
// The larger variant of a picture: logo@2x.png.
const NO_ADDRESS = '/^\d+x\./';
const TEXTS = ['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'json'];
const BLOBS = ['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob'];
const BYTES = [...BLOBS, 'bit', 'geometry', 'point'];

/** Whether both are connections to one server: what is made in one is there in the other. */
function are_one(PDO $copy, PDO $shop): bool
{
    $mark = 'refresh_' . bin2hex(random_bytes(8));
    $copy->exec("CREATE TABLE $mark (id INT)");
    try {
        return $shop->query("SHOW TABLES LIKE '$mark'")->fetch() !== false;
    } finally {
        $copy->exec("DROP TABLE $mark");
    }
}

/** @return array<string, list<array{name: string, type: string, made: bool}>> Columns by table; views are left out. */
function tables(PDO $database): array
{
    $tables = [];
    foreach ($database->query(
        "SELECT c.table_name AS t, c.column_name AS c, c.data_type AS d, COALESCE(c.generation_expression, '') <> '' AS g
        FROM information_schema.columns c JOIN information_schema.tables USING (table_schema, table_name)
        WHERE c.table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position"
    )->fetchAll(PDO::FETCH_ASSOC) as $column) {
        $tables[$column['t']][] = [
            'name' => $column['c'],
            'type' => strtolower($column['d']),
            'made' => (bool)$column['g'],
        ];
    }
    return $tables;
}

/**
 * Takes the settings away that the other stack has itself, and those that only this stack's key can read.
 *
 * @return list<array{scope: string, scope_id: int, path: string}> What was there.
 */
function remove_settings(PDO $copy, string $table, array $own): array
{
    $removed = [];
    $delete = $copy->prepare('DELETE FROM ' . name($table) . ' WHERE config_id = ?');
    foreach ($copy->query('SELECT * FROM ' . name($table))->fetchAll(PDO::FETCH_ASSOC) as $row) {
        if (matches($row['path'], $own) || preg_match(ENCRYPTED, (string)$row['value'])) {
            $delete->execute([$row['config_id']]);
            $removed[] = ['scope' => $row['scope'], 'scope_id' => (int)$row['scope_id'], 'path' => $row['path']];
        }
    }
    return $removed;
}

/** The rows of a query, one after the other: all of a large table would not fit into memory. */
function each_row(PDO $copy, string $query): Generator
{
    $copy->setAttribute(PDO::MYSQL_ATTR_USE_BUFFERED_QUERY, false);
    yield from $copy->query($query, PDO::FETCH_NUM);
    $copy->setAttribute(PDO::MYSQL_ATTR_USE_BUFFERED_QUERY, true);
}

/** @return list<string> What should not be there: rows, and columns with addresses. The addresses themselves are not said. */
function left(PDO $copy, array $tables, callable $rule, array $domains): array
{
    $left = [];
    foreach ($tables as $table => $columns) {
        if (in_array($rule($table), ['emptied', 'own'], true)) {
            $rows = (int)$copy->query('SELECT COUNT(*) FROM ' . name($table))->fetchColumn();
            $rows && $left[] = "$table: $rows rows";
            continue;
        }
        foreach ($columns as $column) {
            if (!in_array($column['type'], [...TEXTS, ...BLOBS], true)) {
                continue;
            }
            $found = 0;
            $of = name($column['name']);
            foreach (each_row($copy, "SELECT $of FROM " . name($table) . " WHERE $of LIKE '%@%'") as [$text]) {
                preg_match_all(ADDRESS, $text, $addresses);
                foreach ($addresses[1] as $domain) {
                    $domain = strtolower($domain);
                    $is_known = array_filter($domains, static fn (string $each): bool => str_ends_with(".$domain", ".$each"));
                    $found += !$is_known && !preg_match(NO_ADDRESS, $domain) ? 1 : 0;
                }
            }
            $found && $left[] = "$table.{$column['name']}: $found e-mail addresses";
        }
    }
    return $left;
}

function record(string $bytes): void
{
    echo strlen($bytes), "\n", $bytes;
}

/** Not the user of the other stack. */
function without_definer(string $statement): string
{
    return preg_replace('/ DEFINER=`[^`]*`@`[^`]*`/', '', $statement, 1);
}

/** The rows of a table, as statements of up to a mebibyte. A column that the database computes has none. */
function rows(PDO $copy, string $table, array $columns): void
{
    $columns = array_filter($columns, static fn (array $column): bool => !$column['made']);
    $names = implode(', ', array_map(static fn (array $column): string => name($column['name']), $columns));
    $is_bytes = array_map(static fn (array $column): bool => in_array($column['type'], BYTES, true), array_values($columns));
    $read = implode(', ', array_map(static fn (array $column): string => in_array($column['type'], BYTES, true)
        ? 'HEX(' . name($column['name']) . ')' : name($column['name']), $columns));
    $begin = 'INSERT INTO ' . name($table) . " ($names) VALUES ";
    $values = '';
    foreach (each_row($copy, "SELECT $read FROM " . name($table)) as $row) {
        foreach ($row as $number => $value) {
            $row[$number] = match (true) {
                $value === null => 'NULL',
                $is_bytes[$number] && $value !== '' => "0x$value",
                default => $copy->quote((string)$value),
            };
        }
        $values .= ($values === '' ? '(' : ',(') . implode(',', $row) . ')';
        if (strlen($values) > STATEMENT_BYTES) {
            record($begin . $values);
            $values = '';
        }
    }
    $values !== '' && record($begin . $values);
}

/** Statements that make the tables, their rows, views and triggers again. */
function dump(PDO $copy, array $tables, callable $rule): void
{
    $kept = array_filter($tables, static fn (string $table): bool => $rule($table) !== 'own', ARRAY_FILTER_USE_KEY);
    foreach ($kept as $table => $columns) {
        record($copy->query('SHOW CREATE TABLE ' . name($table))->fetch(PDO::FETCH_NUM)[1]);
        rows($copy, $table, $columns);
    }
    foreach ($copy->query("SHOW FULL TABLES WHERE table_type = 'VIEW'")->fetchAll(PDO::FETCH_NUM) as [$view]) {
        record(without_definer($copy->query('SHOW CREATE VIEW ' . name($view))->fetch(PDO::FETCH_NUM)[1]));
    }
    // Last: rows that are loaded must change no other table.
    foreach ($copy->query('SHOW TRIGGERS')->fetchAll(PDO::FETCH_ASSOC) as $trigger) {
        if (isset($kept[$trigger['Table']])) {
            record(without_definer($copy->query('SHOW CREATE TRIGGER ' . name($trigger['Trigger']))->fetch(PDO::FETCH_NUM)[2]));
        }
    }
}

[, $host, $list_file, $facts_file] = $argv;
$list = json_decode((string)file_get_contents($list_file), true, flags: JSON_THROW_ON_ERROR);
$env = require dirname(__DIR__) . '/app/etc/env.php';
$of_copy = $env;
$of_copy['db']['connection']['default']['host'] = $host;
$copy = connect_patiently($of_copy);
if (are_one($copy, connect($env))) {
    fwrite(STDERR, "$host: got the shop's own database, expected a copy. Nothing was changed.\n");
    exit(1);
}
$copy->exec("SET NAMES utf8mb4, time_zone = '+00:00', foreign_key_checks = 0");
$prefix = $env['db']['table_prefix'] ?? '';
$rule = static fn (string $table): string|array|null => rule_of(
    str_starts_with($table, $prefix) ? substr($table, strlen($prefix)) : $table,
    $list['tables']
);
$tables = tables($copy);
$facts = ['unlisted' => array_values(array_filter(array_keys($tables), static fn (string $table): bool => $rule($table) === null))];
if ($facts['unlisted'] === []) {
    foreach ($tables as $table => $columns) {
        $what = $rule($table);
        if ($what === 'emptied' || $what === 'own') {
            $copy->exec('TRUNCATE TABLE ' . name($table));
        } elseif (is_array($what)) {
            // A release without one of them has nothing to replace.
            $there = array_intersect_key($what, array_column($columns, null, 'name'));
            $set = implode(', ', array_map(static fn (string $column): string => name($column) . ' = ?', array_keys($there)));
            $there && $copy->prepare('UPDATE ' . name($table) . " SET $set")->execute(array_values($there));
        }
    }
    $list['removed'] = isset($tables["{$prefix}core_config_data"])
        ? remove_settings($copy, "{$prefix}core_config_data", $list['settings']) : [];
    $facts['left'] = left($copy, $tables, $rule, $list['domains']);
    $facts['tables'] = count($tables);
    $facts['settings'] = count($list['removed']);
}
file_put_contents($facts_file, json_encode($facts, JSON_THROW_ON_ERROR));
if ($facts['unlisted'] === [] && $facts['left'] === []) {
    record(json_encode($list, JSON_THROW_ON_ERROR));
    dump($copy, $tables, $rule);
    record('end');
}
