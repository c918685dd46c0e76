<?php
// What a release that is not deployed yet would do to the database and the configuration, as one line of JSON:
//
//   php .platform/candidate_facts.php <directory of the running release>
//
// The release tool runs it in the candidate's directory, beside the running release, as the web server's user. The candidate
// has an env.php with cache keys of its own: with shared ones, the commands of one of the two releases fail. It changes
// nothing but files of the candidate, and removes what is cached under the candidate's keys.
declare(strict_types=1);

require __DIR__ . '/database.php';
require __DIR__ . '/without_secrets.php';

$root = dirname(__DIR__);
$running = $argv[1] ?? '/var/app/current';
const DRY_RUN_LOG = 'var/log/dry-run-installation.log';
const NEEDED = 2;

/** @return array{exit_code: int, text: string} What one of the candidate's commands says. */
function magento(string $root, string $command): array
{
    return run("$root/bin/magento", $command, '--no-interaction', '--no-ansi');
}

/** @return array{exit_code: int, text: string} What a program in PHP says. */
function run(string ...$words): array
{
    $command = [PHP_BINARY, ...$words];
    exec(implode(' ', array_map('escapeshellarg', $command)) . ' 2>&1', $lines, $code);
    return ['exit_code' => $code, 'text' => without_secrets(implode("\n", $lines))];
}

/** @return array<string, string> The enabled modules of a release, and their directories in the candidate. */
function directories(array $modules, array $registered): array
{
    return array_intersect_key($registered, array_filter($modules));
}

/** @return list<string> The classes of patches, named as Magento's PatchReader names them. */
function patches(array $directories): array
{
    $classes = [];
    foreach ($directories as $module => $directory) {
        foreach (['Schema', 'Data'] as $kind) {
            foreach (glob("$directory/Setup/Patch/$kind/*.php") ?: [] as $file) {
                $classes[] = str_replace('_', '\\', $module) . "\\Setup\\Patch\\$kind\\" . basename($file, '.php');
            }
        }
    }
    return $classes;
}

/** @return array<string, string> The modules that have a setup_version. */
function versions(array $directories): array
{
    $versions = [];
    foreach ($directories as $module => $directory) {
        $file = "$directory/etc/module.xml";
        $version = is_file($file) ? (string)simplexml_load_file($file)->module['setup_version'] : '';
        if ($version !== '') {
            $versions[$module] = $version;
        }
    }
    return $versions;
}

/** @return list<string> Tables and columns that Magento fills when it makes them, such as sales_order.label. */
function filled(array $directories, string $prefix): array
{
    $filled = [];
    foreach ($directories as $directory) {
        $file = "$directory/etc/db_schema.xml";
        foreach (is_file($file) ? simplexml_load_file($file)->table : [] as $table) {
            if (isset($table['onCreate'])) {
                $filled[] = "$prefix{$table['name']}";
            }
            foreach ($table->column as $column) {
                if (isset($column['onCreate'])) {
                    $filled[] = "$prefix{$table['name']}.{$column['name']}";
                }
            }
        }
    }
    return $filled;
}

/**
 * @return list<string> Scripts that setup:upgrade runs and its dry run leaves out: of a module that is new to the database, and
 * those that run each time, unless the running release has the same.
 */
function scripts(array $directories, string $root, string $running, array $versions, array $known): array
{
    $scripts = [];
    foreach ($directories as $module => $directory) {
        $names = isset($versions[$module]) && !isset($known[$module])
            ? ['InstallSchema', 'InstallData', 'UpgradeSchema', 'UpgradeData']
            : [];
        foreach ([...$names, 'Recurring', 'RecurringData'] as $name) {
            $file = "$directory/Setup/$name.php";
            $before = $running . substr($file, strlen($root));
            if (!is_file($file)) {
                continue;
            }
            if (in_array($name, $names, true) || !is_file($before) || sha1_file($before) !== sha1_file($file)) {
                $scripts[] = "$module/Setup/$name.php";
            }
        }
    }
    return $scripts;
}

/** The tables that statements name, with their rows, sizes, columns and how many full-text indexes they have. */
function tables(PDO $database, string $statements): array
{
    preg_match_all('/^(?:ALTER|DROP) TABLE `([^`]+)`/m', $statements, $names);
    $tables = [];
    $size = $database->prepare(
        'SELECT table_rows AS `rows`, data_length + index_length AS size_bytes, ('
        . 'SELECT COUNT(DISTINCT index_name) FROM information_schema.statistics'
        . ' WHERE table_schema = DATABASE() AND table_name = tables.table_name AND index_type = "FULLTEXT"'
        . ') AS fulltext_indexes FROM information_schema.tables AS tables'
        . ' WHERE table_schema = DATABASE() AND table_name = ?'
    );
    $columns = $database->prepare(
        'SELECT column_name AS name, column_type AS type, is_nullable AS nullable FROM information_schema.columns'
        . ' WHERE table_schema = DATABASE() AND table_name = ?'
    );
    foreach (array_unique($names[1]) as $name) {
        $size->execute([$name]);
        $found = $size->fetch(PDO::FETCH_ASSOC);
        if ($found === false) {
            continue;
        }
        $columns->execute([$name]);
        $tables[$name] = array_map(intval(...), $found) + ['columns' => []];
        foreach ($columns->fetchAll(PDO::FETCH_ASSOC) as $column) {
            $tables[$name]['columns'][$column['name']] = [
                'type' => strtolower($column['type']),
                'nullable' => $column['nullable'] === 'YES',
            ];
        }
    }
    return $tables;
}

/**
 * @return list<string> The codes of stores that the next app:config:import deletes, with all that belongs to them: config.php
 * names other stores only, and has changed since the last import. Without a terminal, Magento asks nobody (QuestionPerformer).
 */
function deleted_stores(PDO $database, string $prefix, array $scopes): array
{
    $imported = $database->query("SELECT flag_data FROM `{$prefix}flag` WHERE flag_code = 'config_hash'")->fetchColumn();
    // As Magento_Deploy's Hash\Generator has it.
    $is_imported = (json_decode((string)$imported, true)['scopes'] ?? '') === sha1((string)json_encode($scopes));
    if ($is_imported || !isset($scopes['stores'])) {
        return [];
    }
    $present = $database->query("SELECT code FROM `{$prefix}store`")->fetchAll(PDO::FETCH_COLUMN);
    return array_values(array_diff($present, array_column($scopes['stores'], 'code')));
}

/** @return list<string> What additive.yml lists below `patches:`, a line each. */
function additive(string $file): array
{
    preg_match_all('/^\s*-\s*["\']?([A-Za-z0-9_\\\\]+)["\']?\s*(?:#.*)?$/m', (string)@file_get_contents($file), $found);
    return array_map(static fn (string $name): string => str_replace('\\\\', '\\', $name), $found[1]);
}

chdir($root);
$facts = [
    'database_status' => magento($root, 'setup:db:status'),
    'configuration_status' => magento($root, 'app:config:status'),
];
if ($facts['database_status']['exit_code'] === NEEDED) {
    @unlink(DRY_RUN_LOG);
    $facts['dry_run'] = run(__DIR__ . '/dry_run.php');
    if ($facts['dry_run']['exit_code'] === 0) {
        $facts['dry_run']['text'] = (string)@file_get_contents(DRY_RUN_LOG);
    }
}
if (in_array($facts['database_status']['exit_code'], [0, NEEDED], true)) {
    $env = require 'app/etc/env.php';
    $prefix = $env['db']['table_prefix'] ?? '';
    require 'vendor/autoload.php';
    $config = require 'app/etc/config.php';
    $modules = $config['modules'];
    $registered = (new Magento\Framework\Component\ComponentRegistrar())->getPaths('module');
    $directories = directories($modules, $registered);
    $database = connect($env);
    $applied = $database->query("SELECT patch_name FROM `{$prefix}patch_list`")->fetchAll(PDO::FETCH_COLUMN);
    // Magento compares the schema's version and the data's.
    $known = $database->query(
        "SELECT module, IF(schema_version = data_version, schema_version, '') FROM `{$prefix}setup_module`"
    )->fetchAll(PDO::FETCH_KEY_PAIR);
    $versions = versions($directories);
    // A module that the database does not know yet brings its first version: the running release has no such module.
    $raised = array_filter(
        $versions,
        static fn (string $version, string $module): bool => isset($known[$module]) && $known[$module] !== $version,
        ARRAY_FILTER_USE_BOTH
    );
    $before = is_file("$running/app/etc/config.php") ? (require "$running/app/etc/config.php")['modules'] ?? [] : [];
    $present = is_file("$running/app/etc/env.php") ? require "$running/app/etc/env.php" : [];
    $facts += [
        'tables' => tables($database, $facts['dry_run']['text'] ?? ''),
        'filled' => filled($directories, $prefix),
        'new_patches' => array_values(array_diff(patches($directories), $applied)),
        'additive_patches' => additive('additive.yml'),
        'raised_versions' => $raised,
        'unseen_scripts' => scripts($directories, $root, $running, $versions, $known),
        'deleted_stores' => deleted_stores($database, $prefix, array_replace_recursive($config, $env)['scopes'] ?? []),
        'unnamed_modules' => array_keys(array_diff_key($registered, $modules)),
        'removed_modules' => array_keys(array_diff_key(array_filter($before), array_filter($modules))),
        'running_release_ignores_versions' => (bool)($present['deployment']['blue_green']['enabled'] ?? false),
    ];
}
// What it cached when it was asked or ran before is from that time: since then, the running release has only cleaned its own
// keys. A release is asked once more before it is deployed. Code that is ahead of the database may fail: a migration cleans too.
if (isset($facts['tables'])) {
    $cleaned = magento($root, 'cache:clean');
    if ($cleaned['exit_code'] !== 0 && $facts['database_status']['exit_code'] !== NEEDED) {
        fwrite(STDERR, "cache:clean of the candidate ended with {$cleaned['exit_code']}: {$cleaned['text']}\n");
        exit(1);
    }
}
foreach (['tables', 'raised_versions'] as $map) {
    isset($facts[$map]) && $facts[$map] = (object)$facts[$map];
}
echo json_encode($facts, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
