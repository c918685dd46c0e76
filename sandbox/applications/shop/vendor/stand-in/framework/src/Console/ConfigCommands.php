<?php
declare(strict_types=1);

namespace StandIn\Console;

use StandIn\App;
use StandIn\ConfigHash;
use StandIn\LocalizedException;

final class ConfigCommands implements CommandProvider
{
    public const IMPORT_REQUIRED = 2;

    public function commands(App $app): array
    {
        return [
            new Command('app:config:status', 'Checks if config propagation requires update', function () use ($app): int {
                if ((new ConfigHash($app->config, $app->database))->hasChanges()) {
                    echo "Config files have changed. Run app:config:import or setup:upgrade command to synchronize configuration.\n";
                    return self::IMPORT_REQUIRED;
                }
                echo "Config files are up to date.\n";
                return Command::SUCCESS;
            }),
            new Command('app:config:import', 'Import data from shared configuration files to appropriate data storage', function () use ($app): int {
                if ((new ConfigHash($app->config, $app->database))->import()) {
                    $app->cache->type('config')->clean();
                    echo "Processing configurations data from configuration file...\nImport complete.\n";
                } else {
                    echo "Nothing to import.\n";
                }
                return Command::SUCCESS;
            }),
            new Command('config:show', 'Shows configuration value for given path', function (Input $input) use ($app): int {
                $path = (string) $input->argument('path');
                $value = $app->settings->value($path)
                    ?? throw new LocalizedException("Configuration for path: \"$path\" doesn't exist");
                echo "$value\n";
                return Command::SUCCESS;
            }, arguments: ['path' => 'required']),
            new Command('config:set', 'Change system configuration', function (Input $input) use ($app): int {
                $path = (string) $input->argument('path');
                if ($app->config->get("system/default/$path") !== null) {
                    throw new LocalizedException('The value you set has already been locked. To change the value, use the --lock-env option.');
                }
                $app->database->run(
                    'INSERT INTO {core_config_data} (path, value) VALUES (?, ?) ON DUPLICATE KEY UPDATE value = VALUES(value)',
                    $path,
                    $input->argument('value')
                );
                $app->cache->type('config')->clean();
                echo "Value was saved.\n";
                return Command::SUCCESS;
            }, arguments: ['path' => 'required', 'value' => 'required']),
            new Command('deploy:mode:show', 'Displays current application mode.', function () use ($app): int {
                echo "Current application mode: {$app->config->get('MAGE_MODE', 'default')}. (Note: Environment variables may override this value.)\n";
                return Command::SUCCESS;
            }),
        ];
    }
}
