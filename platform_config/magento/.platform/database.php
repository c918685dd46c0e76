<?php
// The connection to the shop's database, for the scripts beside it.
declare(strict_types=1);

/** The database of env.php, over TLS if env.php says so. Throws PDOException. */
function connect(array $env): PDO
{
    $found = $env['db']['connection']['default'];
    [$host, $port] = array_pad(explode(':', $found['host'], 2), 2, '3306');
    $options = ($found['driver_options'] ?? []) + [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_TIMEOUT => 10];
    return new PDO("mysql:host=$host;port=$port;dbname={$found['dbname']}", $found['username'], $found['password'], $options);
}
