<?php
// Stands in for bin/magento in the tests of install_magento.php. It answers as Magento's own source does where they look:
// - with install/date, commands take the database for an installed one and fail on its missing tables
// - setup:install makes the tables, then the modules, and the administrator last; then it writes install/date
// - it refuses to begin while it may not write what is up to two levels below var ("FilePermissions::checkRecursiveDirectories")
// - it puts the instance into maintenance meanwhile
// - the crypt key is the current one of env.php ("ConfigGenerator::createCryptConfig")
$env = __DIR__ . '/../app/etc/env.php';
$config = include $env;
$found = $config['db']['connection']['default'];
[$host, $port] = explode(':', $found['host']);
$options = $found['driver_options'] + [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION];
$database = new PDO("mysql:host=$host;port=$port;dbname={$found['dbname']}", $found['username'], $found['password'], $options);
$command = $argv[1];
file_put_contents(__DIR__ . '/calls', json_encode(array_slice($argv, 1)) . "\n", FILE_APPEND);
$wanted = getopt('', ['admin-user:', 'admin-password:', 'admin-email:'], $rest) ?: [];
foreach ($argv as $argument) {
    if (preg_match('/^--(admin-[a-z]+)=(.*)$/', $argument, $matched)) {
        $wanted[$matched[1]] = $matched[2];
    }
}
const MAINTENANCE = __DIR__ . '/../var/.maintenance.flag';
if ($command === 'maintenance:disable') {
    is_file(MAINTENANCE) && unlink(MAINTENANCE);
    exit(0);
}
if ($command === 'setup:install') {
    if (isset($config['install']['date'])) {
        $database->query('SELECT * FROM store');
    }
    foreach ([...glob(__DIR__ . '/../var/*'), ...glob(__DIR__ . '/../var/*/*')] as $path) {
        if (!is_writable($path)) {
            echo "Missing write permissions to the following paths:\n$path\n";
            exit(1);
        }
    }
    if (is_file(__DIR__ . '/refuse')) {
        echo "Parameter validation failed for {$wanted['admin-password']}\n";
        exit(1);
    }
    touch(MAINTENANCE);
    $database->exec('CREATE TABLE setup_module (module VARCHAR(50) PRIMARY KEY)');
    $database->exec('CREATE TABLE core_config_data (path VARCHAR(255), value TEXT)');
    $database->exec('CREATE TABLE admin_user (username VARCHAR(40), email VARCHAR(128), password VARCHAR(255))');
    while (is_file(__DIR__ . '/wait')) {
        usleep(50000);
        clearstatcache();
    }
    $database->exec("INSERT INTO setup_module VALUES ('Magento_Store'), ('Magento_Sales')");
    $database->prepare('INSERT INTO admin_user VALUES (?, ?, ?)')->execute([$wanted['admin-user'], $wanted['admin-email'], $wanted['admin-password']]);
    unlink(MAINTENANCE);
    if (is_file(__DIR__ . '/fail_to_index')) {
        echo "Indexing...\nNo alive nodes found in your cluster\n";
        exit(1);
    }
    $config['install']['date'] = date('r');
    file_put_contents($env, "<?php\nreturn " . var_export($config, true) . ";\n");
    file_put_contents(__DIR__ . '/installed_with', $config['crypt']['key']);
    exit(0);
}
if (!isset($config['install']['date'])) {
    fwrite(STDERR, "Magento is not installed\n");
    exit(1);
}
$database->query('SELECT * FROM setup_module');
