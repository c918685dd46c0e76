<?php
// Installs Magento for the first time, on the back office's instance. `./shop install` runs it there, as root:
//
//   php install_magento.php look                                        what is there, as one line of JSON
//   php install_magento.php install <ARN of the admin's secret> <e-mail>  install into the empty database, or finish that
//
// While env.php has install/date, Magento takes the empty database for an installed one, and its commands fail. So the
// deployed env.php waits as env.php.deployed, and one without the date takes its place; everything else, the crypt key
// above all, stays as it was deployed. If this is killed, `look` says how far it came, and `install` goes on where that is
// safe.
declare(strict_types=1);

require __DIR__ . '/database.php';
require __DIR__ . '/without_secrets.php';

const LOCK = 'magento_first_installation';
const PAUSED = "by the first installation\n";

$root = dirname(__DIR__);
$env = "$root/app/etc/env.php";
$deployed = "$env.deployed";
$log = "$root/var/log/first_installation.log";
// Stops cron and consumers. It is outside of the release, where a deploy leaves it.
$marker = dirname($root) . '/cron-paused';

function stop(string $message): never
{
    fwrite(STDERR, "$message\n");
    exit(1);
}

/** The rows of a table, or 0 without the table. */
function rows(PDO $database, string $table, string $where = '1'): int
{
    $there = $database->query("SHOW TABLES LIKE '$table'")->fetchColumn();
    return $there === false ? 0 : (int)$database->query("SELECT COUNT(*) FROM `$table` WHERE $where")->fetchColumn();
}

/**
 * Whether env.php's key opens what the database holds: "fits", "other", or "unchecked" if nothing is encrypted.
 * Encrypted values are <number of the key>:3:<base64 of nonce and text> (Magento\Framework\Encryption).
 */
function key_of(PDO $database, string $prefix, array $keys): string
{
    if (rows($database, "{$prefix}core_config_data", "value REGEXP '^[0-9]+:3:'") === 0) {
        return 'unchecked';
    }
    $values = $database->query("SELECT value FROM `{$prefix}core_config_data` WHERE value REGEXP '^[0-9]+:3:' LIMIT 50");
    foreach ($values->fetchAll(PDO::FETCH_COLUMN) as $value) {
        [$number, , $encrypted] = explode(':', $value, 3);
        $bytes = (string)base64_decode($encrypted);
        $nonce = substr($bytes, 0, SODIUM_CRYPTO_AEAD_CHACHA20POLY1305_IETF_NPUBBYTES);
        $key = $keys[(int)$number] ?? '';
        // Since 2.4.7 a key may be written as base64.
        $key = str_starts_with($key, 'base64') ? (string)base64_decode(substr($key, 6)) : $key;
        if (strlen($key) !== SODIUM_CRYPTO_AEAD_CHACHA20POLY1305_IETF_KEYBYTES || strlen($bytes) <= strlen($nonce)) {
            return 'other';
        }
        if (sodium_crypto_aead_chacha20poly1305_ietf_decrypt(substr($bytes, strlen($nonce)), $nonce, $nonce, $key) === false) {
            return 'other';
        }
    }
    return 'fits';
}

function look(PDO $database, array $config, bool $interrupted): array
{
    $prefix = $config['db']['table_prefix'] ?? '';
    $keys = preg_split('/\s+/', trim($config['crypt']['key'] ?? ''), -1, PREG_SPLIT_NO_EMPTY);
    return [
        'database' => "{$config['db']['connection']['default']['dbname']} on {$config['db']['connection']['default']['host']}",
        'tables' => $database->query('SHOW TABLES')->rowCount(),
        'modules' => rows($database, "{$prefix}setup_module"),
        // setup:install makes the administrator last. Then it only cleans and indexes.
        'administrators' => rows($database, "{$prefix}admin_user"),
        'has_key' => $keys !== [],
        'key' => $keys === [] ? 'unchecked' : key_of($database, $prefix, $keys),
        'has_date' => isset($config['install']['date']),
        'running' => $database->query("SELECT IS_USED_LOCK('" . LOCK . "')")->fetchColumn() !== null,
        'interrupted' => $interrupted,
    ];
}

/** Whether there is nothing left for setup:install to do. */
function is_installed(array $found): bool
{
    return $found['administrators'] > 0 && $found['modules'] > 0;
}

/** Runs bin/magento as the owner of its files, with its output in the log. Stops with the end of the log if it fails. */
function magento(string $root, string $log, array $arguments, string $secret = ''): void
{
    $owner = posix_getpwuid(fileowner("$root/bin/magento"))['name'];
    $command = ['runuser', '-u', $owner, '--', PHP_BINARY, '-d', 'memory_limit=2G', "$root/bin/magento", ...$arguments];
    $output = ['file', $log, 'a'];
    file_put_contents($log, "\n$ bin/magento {$arguments[0]}\n", FILE_APPEND);
    $code = proc_close(proc_open($command, [['file', '/dev/null', 'r'], $output, $output], $pipes, $root));
    if ($code !== 0) {
        $end = implode("\n", array_slice(explode("\n", trim(file_get_contents($log))), -20));
        stop("bin/magento {$arguments[0]} ended with $code. The end of $log:\n" . without_secrets($end, $secret));
    }
}

function secret(string $arn): array
{
    $command = ['aws', 'secretsmanager', 'get-secret-value', '--region', explode(':', $arn)[3] ?? '', '--secret-id', $arn, '--query', 'SecretString', '--output', 'text'];
    $process = proc_open($command, [['file', '/dev/null', 'r'], ['pipe', 'w'], STDERR], $pipes);
    $found = json_decode(stream_get_contents($pipes[1]), true);
    if (proc_close($process) !== 0 || !isset($found['user'], $found['password'])) {
        stop("secret $arn: could not be read as an object with user and password");
    }
    return $found;
}

/** The same file, in place at once, for the same reader. */
function put(string $path, string $content, string $like): void
{
    $new = "$path.new";
    file_put_contents($new, '');
    chmod($new, fileperms($like) & 0777);
    chown($new, fileowner($like));
    chgrp($new, filegroup($like));
    file_put_contents($new, $content);
    rename($new, $path);
}

$action = $argv[1] ?? '';
if (!in_array([$action, $argc], [['look', 2], ['install', 4]])) {
    stop('usage: install_magento.php look | install <ARN of the administrator\'s secret> <e-mail>');
}
$interrupted = is_file($deployed);
if (!$interrupted && !is_file($env)) {
    stop("$env is missing: deploy a release first");
}
$config = include $interrupted ? $deployed : $env;
try {
    $database = connect($config);
} catch (PDOException $error) {
    $found = $config['db']['connection']['default'];
    $host = explode(':', $found['host'], 2)[0];
    stop("the database {$found['dbname']} on $host: {$error->getMessage()}");
}
$found = look($database, $config, $interrupted);
if ($action === 'look') {
    exit(json_encode($found, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES) . "\n");
}

if ((int)$database->query("SELECT GET_LOCK('" . LOCK . "', 0)")->fetchColumn() !== 1) {
    stop('another installation is running: wait until it ends');
}
$installed = is_installed($found);
if (!$found['has_key'] || !$found['has_date']) {
    stop("$env has no crypt/key or no install/date: run pulumi up and deploy a release");
}
if ($found['tables'] > 0 && !($installed && $interrupted)) {
    stop("the database {$found['database']} has {$found['tables']} tables: expected none");
}
$administrator = $installed ? [] : secret($argv[2]);
if (!is_dir(dirname($log))) {
    mkdir(dirname($log), 0770, true);
    chown(dirname($log), fileowner("$root/bin/magento"));
}
// setup:install refuses to begin while there is a file below var that its user may not write (FilePermissions).
touch($log);
chown($log, fileowner("$root/bin/magento"));
if (!is_file($marker)) {
    file_put_contents($marker, PAUSED);
}
if (!$installed) {
    if (!$interrupted) {
        // A copy, so that there is a whole env.php at every moment.
        put($deployed, file_get_contents($env), $env);
    }
    unset($config['install']);
    put($env, "<?php\nreturn " . var_export($config, true) . ";\n", $deployed);
    // If setup:install fails after it has made the administrator, such as in its indexes, what is left is to finish: the file
    // that is set aside says so.
    register_shutdown_function(function () use ($database, $config, $env, $deployed): void {
        if (is_file($deployed) && !is_installed(look($database, $config, true))) {
            rename($deployed, $env);
        }
    });
    $web = $config['system']['default']['web'];
    $search = $config['system']['default']['catalog']['search'];
    // env.php gives the crypt key, the database with TLS, sessions and caches: options would replace its values, and
    // --key refuses what is not 32 characters long (ConfigGenerator, KeyValidator).
    magento($root, $log, [
        'setup:install',
        '--no-interaction',
        "--backend-frontname={$config['backend']['frontName']}",
        "--base-url={$web['unsecure']['base_url']}",
        "--base-url-secure={$web['secure']['base_url']}",
        '--use-rewrites=1',
        '--use-secure=1',
        '--use-secure-admin=1',
        "--search-engine={$search['engine']}",
        "--opensearch-host={$search['opensearch_server_hostname']}",
        "--opensearch-port={$search['opensearch_server_port']}",
        "--opensearch-enable-auth={$search['opensearch_enable_auth']}",
        "--opensearch-username={$search['opensearch_username']}",
        "--opensearch-password={$search['opensearch_password']}",
        "--admin-user={$administrator['user']}",
        "--admin-password={$administrator['password']}",
        "--admin-email={$argv[3]}",
        '--admin-firstname=First',
        '--admin-lastname=Administrator',
    ], $administrator['password']);
}
if (is_file($deployed)) {
    rename($deployed, $env);
}
// OPcache never looks at a file twice: whoever asked this instance for a page meanwhile has made it keep the other env.php.
exec('systemctl try-reload-or-restart php-fpm.service 2>&1', $said, $code);
if ($code !== 0) {
    fwrite(STDERR, 'php-fpm was not reloaded: ' . implode(' ', $said) . "\n");
}
if ($installed) {
    // setup:install puts the instance into maintenance, and may have been killed before it ended that.
    magento($root, $log, ['maintenance:disable']);
}
// The deployed file's system section counts only once it is imported.
magento($root, $log, ['app:config:import', '--no-interaction']);
magento($root, $log, ['cache:flush']);
magento($root, $log, ['setup:db:status']);
if (is_file($marker) && file_get_contents($marker) === PAUSED) {
    unlink($marker);
}
echo "installed\n";
