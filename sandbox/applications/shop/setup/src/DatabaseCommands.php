<?php
declare(strict_types=1);

namespace StandIn\Setup;

use StandIn\App;
use StandIn\Console\Command;
use StandIn\Console\CommandProvider;
use StandIn\Console\Input;
use StandIn\DbVersion;
use StandIn\LocalizedException;

final class DatabaseCommands implements CommandProvider
{
    public const UPGRADE_REQUIRED = 2;

    public function commands(App $app): array
    {
        return [
            new Command('setup:db:status', 'Checks if DB schema or data requires upgrade', fn (): int => self::status($app)),
            new Command(
                'setup:upgrade',
                'Upgrades the Magento application, DB data, and schema',
                fn (Input $input): int => self::upgrade($app, $input),
                [
                    'keep-generated' => 'flag', 'convert-old-scripts' => 'optional', 'safe-mode' => 'optional',
                    'data-restore' => 'optional', 'dry-run' => 'optional',
                ]
            ),
            new Command('setup:db-schema:upgrade', 'Installs and upgrades the DB schema', function () use ($app): int {
                self::assertInstalled($app);
                (new Upgrade($app))->upgradeSchema();
                return Command::SUCCESS;
            }, ['convert-old-scripts' => 'optional']),
            new Command('setup:db-data:upgrade', 'Installs and upgrades data in the DB', function () use ($app): int {
                self::assertInstalled($app);
                (new Upgrade($app))->upgradeData();
                return Command::SUCCESS;
            }),
        ];
    }

    private static function status(App $app): int
    {
        if (!$app->config->isAvailable()) {
            echo "No information is available: the Magento application is not installed.\n";
            return Command::FAILURE;
        }
        $upgrade = new Upgrade($app);
        $outdated = array_filter([
            $upgrade->schema()->isUpToDate() ? '' : 'Declarative Schema is not up to date',
            $upgrade->missingPatches() === [] ? '' : 'Data patches are not up to date',
            (new DbVersion($app->modules, $app->database))->errors() === [] ? ''
                : 'The module code base doesn\'t match the DB schema and data.',
        ]);
        if ($outdated === []) {
            echo "All modules are up to date.\n";
            return Command::SUCCESS;
        }
        echo implode("\n", $outdated), "\nRun 'setup:upgrade' to update your DB schema and data.\n";
        return self::UPGRADE_REQUIRED;
    }

    private static function upgrade(App $app, Input $input): int
    {
        self::assertInstalled($app);
        $upgrade = new Upgrade($app);
        $isDryRun = !empty($input->option('dry-run'));
        $upgrade->updateModules($input->has('keep-generated'));
        $upgrade->upgradeSchema($isDryRun);
        if (!$isDryRun) {
            $upgrade->upgradeData();
        }
        // After a dry run too.
        $upgrade->importConfig();
        if (!$input->has('keep-generated')) {
            echo 'Please re-run Magento compile command. Use the command "setup:di:compile"', "\n";
        }
        return Command::SUCCESS;
    }

    private static function assertInstalled(App $app): void
    {
        if (!$app->config->isAvailable()) {
            throw new LocalizedException('Deployment configuration is not found: run setup:install first.');
        }
    }
}
