<?php
// Says whether the shop works with a copy of its database, as one line of JSON:
//
//   php .platform/check_copy.php <directory of the running release> <host of the copy> <host name of the shop>
//
// It runs as the web server's user in a copy of the running release, which it gives an env.php of its own: with the copy's
// host, and with caches and sessions in files. So nothing of the shop is touched.
declare(strict_types=1);

require __DIR__ . '/database.php';
require __DIR__ . '/without_secrets.php';

const PAGE_SECONDS = 120;
const START_SECONDS = 10;
// Without these there is no shop, no customer or no order. A shop that has one of them has it in each copy.
const TABLES = ['store', 'core_config_data', 'catalog_product_entity', 'customer_entity', 'quote', 'sales_order'];

[, $running, $host, $name] = $argv;
$root = dirname(__DIR__);
$env = require "$running/app/etc/env.php";

/** @return list<string> */
function tables(PDO $database): array
{
    return $database->query('SHOW TABLES')->fetchAll(PDO::FETCH_COLUMN);
}

/** A page of the shop, from PHP's own web server, as the load balancer asks for it. */
function page(string $root, string $name): array
{
    $port = free_port();
    $said = "$root/var/log/page.log";
    // Magento answers a page by its front controller.
    $server = proc_open(
        [PHP_BINARY, '-d', 'memory_limit=2G', '-S', "127.0.0.1:$port", '-t', "$root/pub", "$root/pub/index.php"],
        [['file', '/dev/null', 'r'], ['file', $said, 'w'], ['file', $said, 'a']],
        $pipes
    );
    $until = microtime(true) + START_SECONDS;
    while (!($open = @fsockopen('127.0.0.1', $port)) && microtime(true) < $until) {
        usleep(50_000);
    }
    $open && fclose($open);
    $started = microtime(true);
    $body = @file_get_contents("http://127.0.0.1:$port/", false, stream_context_create(['http' => [
        'header' => "Host: $name\r\nX-Forwarded-Proto: https\r\n",
        'timeout' => PAGE_SECONDS,
        'ignore_errors' => true,
        'follow_location' => 0,
    ]]));
    $seconds = microtime(true) - $started;
    proc_terminate($server);
    preg_match('/ (\d{3}) /', $http_response_header[0] ?? '', $status);
    return ['status' => (int)($status[1] ?? 0), 'bytes' => strlen((string)$body), 'seconds' => round($seconds, 1)];
}

function free_port(): int
{
    $socket = stream_socket_server('tcp://127.0.0.1:0');
    $port = (int)substr(strrchr(stream_socket_get_name($socket, false), ':'), 1);
    fclose($socket);
    return $port;
}

$own = $env;
foreach ($own['db']['connection'] as &$connection) {
    $connection['host'] = $host;
}
unset($connection, $own['cache']['frontend'], $own['http_cache_hosts']);
$own['session'] = ['save' => 'files'];
file_put_contents("$root/app/etc/env.php", '<?php return ' . var_export($own, true) . ";\n");
chdir($root);

$copy = connect_patiently($own);
$shop = connect($env);
$prefix = $env['db']['table_prefix'] ?? '';
$there = ['shop' => tables($shop), 'copy' => tables($copy)];
$rows = [];
foreach (TABLES as $table) {
    foreach (['shop' => $shop, 'copy' => $copy] as $where => $database) {
        if (in_array("$prefix$table", $there[$where], true)) {
            $rows[$table][$where] = (int)$database->query("SELECT COUNT(*) FROM `$prefix$table`")->fetchColumn();
        }
    }
}
exec(PHP_BINARY . ' bin/magento setup:db:status --no-interaction --no-ansi 2>&1', $lines, $code);
echo json_encode([
    'tables' => ['shop' => count($there['shop']), 'copy' => count($there['copy'])],
    'missing_tables' => array_values(array_diff($there['shop'], $there['copy'])),
    'rows' => (object)$rows,
    'database_status' => ['exit_code' => $code, 'text' => without_secrets(implode("\n", $lines))],
    // With another schema than the release's, Magento answers each page with 500.
    'page' => $code === 0 ? page($root, $name) : null,
], JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
