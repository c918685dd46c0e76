<?php
// Replaces what is in the shop's database by a dump of scrub_copy.php, which it reads from its standard input, and prints the
// settings that only people can enter again:
//
//   gunzip <dump.gz | php .platform/load_copy.php
//
// Tables that the list calls "own" stay, and so do the settings that the dump does not bring because each stack has its own. It
// can be killed and run again at any time: it begins from the start.
declare(strict_types=1);

require __DIR__ . '/database.php';
require __DIR__ . '/scrub_rules.php';

// The shop's own settings while the other tables are replaced.
const KEPT = 'refresh_kept_settings';

/** The next record. Ends the script where the dump is not whole. */
function next_record(): string
{
    $length = rtrim((string)fgets(STDIN), "\n");
    $bytes = ctype_digit($length) ? stream_get_contents(STDIN, (int)$length) : false;
    if ($bytes === false || strlen($bytes) !== (int)$length) {
        fwrite(STDERR, "the dump: it ends in the middle, so the database is not whole. Refresh again.\n");
        exit(1);
    }
    return $bytes;
}

function has(PDO $database, string $table): bool
{
    $found = $database->prepare('SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?');
    $found->execute([$table]);
    return $found->fetch() !== false;
}

/** Puts the shop's own settings aside, once: when it was killed after that, they are there already. */
function keep_settings(PDO $database, string $table, array $own): void
{
    if (has($database, KEPT) || !has($database, $table)) {
        return;
    }
    $new = KEPT . '_new';
    $database->exec("DROP TABLE IF EXISTS $new");
    $database->exec("CREATE TABLE $new LIKE " . name($table));
    $keep = $database->prepare("INSERT INTO $new (scope, scope_id, path, value) VALUES (?, ?, ?, ?)");
    foreach ($database->query('SELECT scope, scope_id, path, value FROM ' . name($table))->fetchAll(PDO::FETCH_NUM) as $row) {
        if (matches($row[2], $own) || preg_match(ENCRYPTED, (string)$row[3])) {
            $keep->execute($row);
        }
    }
    $database->exec("RENAME TABLE $new TO " . KEPT);
}

/** @return list<string> The settings of the dump's stack that this one has no value for. */
function restore_settings(PDO $database, string $prefix, array $removed): array
{
    if (has($database, KEPT)) {
        // Of a store or a website that is no more.
        foreach (['stores' => ['store', 'store_id'], 'websites' => ['store_website', 'website_id']] as $scope => [$table, $id]) {
            $table = name("$prefix$table");
            if (has($database, trim($table, '`'))) {
                $database->exec('DELETE FROM ' . KEPT . " WHERE scope = '$scope' AND scope_id NOT IN (SELECT $id FROM $table)");
            }
        }
        $to = name("{$prefix}core_config_data");
        $database->exec("REPLACE INTO $to (scope, scope_id, path, value) SELECT scope, scope_id, path, value FROM " . KEPT);
    }
    $known = $database->prepare('SELECT 1 FROM ' . name("{$prefix}core_config_data") . ' WHERE scope = ? AND scope_id = ? AND path = ?');
    $missing = [];
    foreach ($removed as $each) {
        $known->execute([$each['scope'], $each['scope_id'], $each['path']]);
        if (!$known->fetch()) {
            $missing[] = $each['path'] . ($each['scope'] === 'default' ? '' : " ({$each['scope']} {$each['scope_id']})");
        }
    }
    $database->exec('DROP TABLE IF EXISTS ' . KEPT);
    return $missing;
}

/** A value that env.php has for all stores. */
function is_of_env(array $env, string $path): bool
{
    $value = $env['system']['default'] ?? [];
    foreach (explode('/', $path) as $part) {
        $value = is_array($value) ? $value[$part] ?? null : null;
    }
    return $value !== null;
}

$env = require dirname(__DIR__) . '/app/etc/env.php';
$prefix = $env['db']['table_prefix'] ?? '';
$list = json_decode(next_record(), true, flags: JSON_THROW_ON_ERROR);
$database = connect($env);
// A store, a website and a customer group have the number 0.
$database->exec("SET NAMES utf8mb4, time_zone = '+00:00', foreign_key_checks = 0, unique_checks = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO'");
keep_settings($database, "{$prefix}core_config_data", $list['settings']);
foreach ($database->query('SHOW FULL TABLES')->fetchAll(PDO::FETCH_NUM) as [$table, $type]) {
    if ($type === 'VIEW') {
        $database->exec('DROP VIEW ' . name($table));
    } elseif ($table !== KEPT && rule_of(substr($table, strlen($prefix)), $list['tables']) !== 'own') {
        $database->exec('DROP TABLE ' . name($table));
    }
}
while (($statement = next_record()) !== 'end') {
    $database->exec($statement);
}
foreach (restore_settings($database, $prefix, $list['removed']) as $missing) {
    if (!is_of_env($env, $missing)) {
        echo $missing, "\n";
    }
}
