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

/** The same, of a server whose name may not be known yet, although RDS calls it available. Ends the script after two minutes. */
function connect_patiently(array $env): PDO
{
    $until = time() + 120;
    while (true) {
        try {
            return connect($env);
        } catch (PDOException $error) {
            if (time() > $until) {
                fwrite(STDERR, "the copy: {$error->getMessage()}\n");
                exit(1);
            }
            sleep(1);
        }
    }
}
