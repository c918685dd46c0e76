<?php
// Writes the statements that would bring the database to this release's tables, into var/log/dry-run-installation.log:
//
//   php .platform/dry_run.php
//
// `setup:upgrade --dry-run=1` writes the same. But then it imports the release's configuration, so that the running release
// answers 500, makes triggers anew for tables that are not there yet, and flushes the cache (UpgradeCommand, Installer). So
// this is only the part that compares (DeclarationInstaller), which setup:db:status has in common with it.
declare(strict_types=1);

use Magento\Framework\App\Bootstrap;
use Magento\Framework\Setup\Declaration\Schema\Diff\SchemaDiff;
use Magento\Framework\Setup\Declaration\Schema\OperationsExecutor;
use Magento\Framework\Setup\Declaration\Schema\SchemaConfigInterface;

try {
    require dirname(__DIR__) . '/app/bootstrap.php';
    $magento = Bootstrap::create(BP, $_SERVER)->getObjectManager();
    $tables = $magento->get(SchemaConfigInterface::class);
    $changes = $magento->get(SchemaDiff::class)->diff($tables->getDeclarationConfig(), $tables->getDbConfig());
    $magento->get(OperationsExecutor::class)->execute($changes, ['dry-run' => true]);
} catch (Throwable $error) {
    echo $error->getMessage(), "\n";
    exit(1);
}
