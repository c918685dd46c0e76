<?php
declare(strict_types=1);

namespace StandIn\Setup;

use Magento\Framework\Setup\Declaration\Schema\OperationsExecutor;
use StandIn\App;
use StandIn\CachePool;
use StandIn\ConfigHash;
use StandIn\DataPatch;
use StandIn\DeploymentConfig;
use StandIn\Files;
use StandIn\LocalizedException;
use StandIn\Modules;
use StandIn\Schema;

/**
 * The steps of setup:upgrade, in Magento's order: module list, schema, versions, data patches, versions, configuration.
 * It takes no lock. Schema changes cannot be rolled back; each data patch is a transaction.
 */
final class Upgrade
{
    public function __construct(private readonly App $app)
    {
    }

    public function schema(): Schema
    {
        return new Schema($this->app->modules, $this->app->database);
    }

    /** @return list<class-string<DataPatch>> Data patches that the database does not list. */
    public function missingPatches(): array
    {
        $database = $this->app->database;
        $applied = $database->hasTable('patch_list') ? array_column($database->rows('SELECT patch_name FROM {patch_list}'), 'patch_name') : [];
        return array_values(array_diff($this->app->modules->dataPatches(), $applied));
    }

    /** New modules are enabled, caches cleaned, and without --keep-generated the generated code is deleted. */
    public function updateModules(bool $keepGenerated): void
    {
        $config = DeploymentConfig::read(DeploymentConfig::CONFIG);
        $new = array_diff(Modules::present(), array_keys($config['modules'] ?? []));
        foreach ($new as $module) {
            $config['modules'][$module] = 1;
        }
        if ($new !== []) {
            $this->app->config->write(DeploymentConfig::CONFIG, $config);
        }
        $this->cleanCaches();
        if (!$keepGenerated) {
            Files::emptyDirectory(BP . '/generated/code');
            Files::emptyDirectory(BP . '/generated/metadata');
            echo "File system cleanup:\n" . BP . "/generated/code\n" . BP . "/generated/metadata\n";
        }
    }

    /** A dry run writes the statements for the tables into a log, and leaves scripts and patches out. */
    public function upgradeSchema(bool $isDryRun = false): void
    {
        echo "Schema creation/updates:\n";
        $this->createRegistry();
        (new OperationsExecutor($this->app->database))->execute($this->schema()->statements(), ['dry-run' => $isDryRun]);
        if (!$isDryRun) {
            $this->recordVersions('schema_version');
        }
    }

    public function upgradeData(): void
    {
        echo "Data install/update:\n";
        $database = $this->app->database;
        foreach ($this->missingPatches() as $class) {
            $patch = new $class();
            \assert($patch instanceof DataPatch);
            $database->pdo()->beginTransaction();
            try {
                $patch->apply($database);
                $database->run('INSERT INTO {patch_list} (patch_name) VALUES (?)', $class);
                $database->pdo()->commit();
            } catch (\Throwable $error) {
                $database->pdo()->inTransaction() && $database->pdo()->rollBack();
                throw new LocalizedException("Unable to apply data patch $class. Original exception message: {$error->getMessage()}");
            }
        }
        $this->recordVersions('data_version');
        $this->cleanCaches();
    }

    public function importConfig(): void
    {
        (new ConfigHash($this->app->config, $this->app->database))->import();
    }

    public function cleanCaches(): void
    {
        foreach (array_keys(CachePool::TYPES) as $type) {
            $this->app->cache->type($type)->clean();
        }
        echo "Cache cleared successfully\n";
    }

    private function createRegistry(): void
    {
        $this->app->database->run(
            'CREATE TABLE IF NOT EXISTS {setup_module} (module VARCHAR(50) NOT NULL PRIMARY KEY,'
            . ' schema_version VARCHAR(50) NULL, data_version VARCHAR(50) NULL) ENGINE=InnoDB'
        );
        $this->app->database->run(
            'CREATE TABLE IF NOT EXISTS {patch_list} (patch_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,'
            . ' patch_name VARCHAR(1024) NOT NULL) ENGINE=InnoDB'
        );
    }

    private function recordVersions(string $column): void
    {
        foreach ($this->app->modules->versions() as $module => $version) {
            $this->app->database->run(
                "INSERT INTO {setup_module} (module, $column) VALUES (?, ?) ON DUPLICATE KEY UPDATE $column = VALUES($column)",
                $module,
                $version
            );
        }
    }
}
