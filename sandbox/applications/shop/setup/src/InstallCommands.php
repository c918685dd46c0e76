<?php
declare(strict_types=1);

namespace StandIn\Setup;

use StandIn\App;
use StandIn\CachePool;
use StandIn\Console\Command;
use StandIn\Console\CommandProvider;
use StandIn\Console\Input;
use StandIn\Database;
use StandIn\DeploymentConfig;
use StandIn\LocalizedException;
use StandIn\Release;

final class InstallCommands implements CommandProvider
{
    /** Option of setup:install => path in env.php. */
    private const PATHS = [
        'backend-frontname' => 'backend/frontName',
        'key' => 'crypt/key',
        'db-host' => 'db/connection/default/host',
        'db-name' => 'db/connection/default/dbname',
        'db-user' => 'db/connection/default/username',
        'db-password' => 'db/connection/default/password',
        'db-engine' => 'db/connection/default/engine',
        'db-model' => 'db/connection/default/model',
        'db-init-statements' => 'db/connection/default/initStatements',
        'db-prefix' => 'db/table_prefix',
        'db-ssl-key' => 'db/connection/default/driver_options/1007',
        'db-ssl-cert' => 'db/connection/default/driver_options/1008',
        'db-ssl-ca' => 'db/connection/default/driver_options/1009',
        'session-save' => 'session/save',
        'session-save-redis-host' => 'session/redis/host',
        'session-save-redis-port' => 'session/redis/port',
        'session-save-redis-password' => 'session/redis/password',
        'session-save-redis-db' => 'session/redis/database',
        'session-save-redis-timeout' => 'session/redis/timeout',
        'session-save-redis-disable-locking' => 'session/redis/disable_locking',
        'cache-backend' => 'cache/frontend/default/backend',
        'cache-backend-redis-server' => 'cache/frontend/default/backend_options/server',
        'cache-backend-redis-port' => 'cache/frontend/default/backend_options/port',
        'cache-backend-redis-password' => 'cache/frontend/default/backend_options/password',
        'cache-backend-redis-db' => 'cache/frontend/default/backend_options/database',
        'cache-id-prefix' => 'cache/frontend/default/id_prefix',
        'page-cache' => 'cache/frontend/page_cache/backend',
        'page-cache-redis-server' => 'cache/frontend/page_cache/backend_options/server',
        'page-cache-redis-port' => 'cache/frontend/page_cache/backend_options/port',
        'page-cache-redis-password' => 'cache/frontend/page_cache/backend_options/password',
        'page-cache-redis-db' => 'cache/frontend/page_cache/backend_options/database',
        'page-cache-id-prefix' => 'cache/frontend/page_cache/id_prefix',
        'lock-provider' => 'lock/provider',
        'document-root-is-pub' => 'directories/document_root_is_pub',
        'consumers-wait-for-messages' => 'queue/consumers_wait_for_messages',
    ];
    /** Option => path of a store setting. */
    private const SETTINGS = [
        'base-url' => 'web/unsecure/base_url',
        'base-url-secure' => 'web/secure/base_url',
        'use-secure' => 'web/secure/use_in_frontend',
        'use-secure-admin' => 'web/secure/use_in_adminhtml',
        'use-rewrites' => 'web/seo/use_rewrites',
        'language' => 'general/locale/code',
        'currency' => 'currency/options/base',
        'timezone' => 'general/locale/timezone',
        'search-engine' => 'catalog/search/engine',
        'opensearch-host' => 'catalog/search/opensearch_server_hostname',
        'opensearch-port' => 'catalog/search/opensearch_server_port',
        'opensearch-index-prefix' => 'catalog/search/opensearch_index_prefix',
        'opensearch-enable-auth' => 'catalog/search/opensearch_enable_auth',
        'opensearch-username' => 'catalog/search/opensearch_username',
        'opensearch-password' => 'catalog/search/opensearch_password',
        'opensearch-timeout' => 'catalog/search/opensearch_server_timeout',
    ];
    private const ADMIN = ['admin-user', 'admin-password', 'admin-email', 'admin-firstname', 'admin-lastname'];

    public function commands(App $app): array
    {
        $paths = array_map(self::optionName(...), array_keys(self::PATHS));
        $values = [...$paths, ...array_keys(self::SETTINGS), ...self::ADMIN, 'sales-order-increment-prefix'];
        $flags = ['cleanup-database' => 'flag', 'skip-db-validation' => 'flag', 'db-ssl-verify' => 'flag', 'admin-use-security-key' => 'optional'];
        return [
            new Command(
                'setup:install',
                'Installs the Magento application',
                fn (Input $input): int => self::install($app, $input),
                array_fill_keys($values, 'value') + $flags
            ),
            new Command('admin:user:create', 'Creates an administrator', function (Input $input) use ($app): int {
                self::createAdmin($app->database, $input);
                echo 'Created Magento administrator user named ', $input->option('admin-user'), "\n";
                return Command::SUCCESS;
            }, array_fill_keys(self::ADMIN, 'value')),
        ];
    }

    private static function install(App $app, Input $input): int
    {
        $env = DeploymentConfig::read(DeploymentConfig::ENV);
        foreach (self::PATHS as $option => $path) {
            $value = $input->option(self::optionName($option));
            if ($value !== null) {
                self::put($env, $path, self::stored($option, $value));
            }
        }
        if ($input->has('db-ssl-verify')) {
            self::put($env, 'db/connection/default/driver_options/1014', true);
        }
        $env['backend']['frontName'] ??= 'admin_' . bin2hex(random_bytes(3));
        $env['crypt']['key'] ??= 'base64' . base64_encode(random_bytes(32));
        $env += ['x-frame-options' => 'SAMEORIGIN', 'MAGE_MODE' => 'default', 'session' => ['save' => 'files']];
        $env['cache_types'] = ($env['cache_types'] ?? []) + array_fill_keys(array_keys(CachePool::TYPES), 1);
        // The connection is tried before anything is written.
        (new Database($env['db']['connection']['default'] ?? [], (string) ($env['db']['table_prefix'] ?? '')))->pdo();
        $app->config->write(DeploymentConfig::ENV, $env);

        $installed = new App();
        if ($input->has('cleanup-database')) {
            self::dropTables($installed->database);
        }
        echo "Starting Magento installation:\n";
        $upgrade = new Upgrade($installed);
        $upgrade->updateModules(keepGenerated: true);
        $upgrade->upgradeSchema();
        $upgrade->upgradeData();
        foreach (self::SETTINGS as $option => $path) {
            if ($input->option($option) !== null) {
                $installed->database->run(
                    'INSERT INTO {core_config_data} (path, value) VALUES (?, ?) ON DUPLICATE KEY UPDATE value = VALUES(value)',
                    $path,
                    $input->option($option)
                );
            }
        }
        if ($input->option('admin-user') !== null) {
            self::createAdmin($installed->database, $input);
        }
        $upgrade->importConfig();
        $upgrade->cleanCaches();
        $env['install']['date'] ??= date('r');
        $installed->config->write(DeploymentConfig::ENV, $env);
        echo "[SUCCESS]: Magento installation complete.\n[SUCCESS]: Magento Admin URI: /{$env['backend']['frontName']}\n";
        return Command::SUCCESS;
    }

    /** From 2.4.9 on, the options have Valkey's name in the place of Redis's (Adobe, "Use Valkey for default cache"). */
    private static function optionName(string $option): string
    {
        return self::isLegacy() ? $option : str_replace('redis', 'valkey', $option);
    }

    /** What env.php gets for an option's value: until 2.4.8 a cache's class. */
    private static function stored(string $option, string $value): string
    {
        return match (true) {
            in_array($option, ['cache-backend', 'page-cache'], true) && self::isLegacy() =>
                'Magento\\Framework\\Cache\\Backend\\' . ucfirst($value),
            default => $value,
        };
    }

    private static function isLegacy(): bool
    {
        return version_compare(Release::magento(), '2.4.9', '<');
    }

    private static function createAdmin(Database $database, Input $input): void
    {
        foreach (self::ADMIN as $option) {
            if ((string) $input->option($option) === '') {
                throw new LocalizedException("Missing required field: --$option");
            }
        }
        $password = (string) $input->option('admin-password');
        if (strlen($password) < 7 || !preg_match('/\d/', $password) || !preg_match('/[a-z]/i', $password)) {
            throw new LocalizedException('Your password must include both numeric and alphabetic characters, and be at least 7 characters long.');
        }
        $database->run(
            'INSERT INTO {admin_user} (username, email, password) VALUES (?, ?, ?)'
            . ' ON DUPLICATE KEY UPDATE email = VALUES(email), password = VALUES(password)',
            $input->option('admin-user'),
            $input->option('admin-email'),
            password_hash($password, PASSWORD_DEFAULT)
        );
    }

    private static function dropTables(Database $database): void
    {
        foreach ($database->rows('SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()') as $row) {
            $database->pdo()->exec("DROP TABLE `{$row['name']}`");
        }
    }

    /** @param array<string, mixed> $data */
    private static function put(array &$data, string $path, mixed $value): void
    {
        $place = &$data;
        foreach (explode('/', $path) as $key) {
            $place = &$place[$key];
        }
        $place = $value;
    }
}
