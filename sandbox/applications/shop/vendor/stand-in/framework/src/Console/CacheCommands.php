<?php
declare(strict_types=1);

namespace StandIn\Console;

use StandIn\App;
use StandIn\CachePool;
use StandIn\DeploymentConfig;
use StandIn\LocalizedException;

final class CacheCommands implements CommandProvider
{
    public function commands(App $app): array
    {
        $types = ['types' => 'list'];
        return [
            new Command('cache:status', 'Checks cache status', function () use ($app): int {
                echo "Current status:\n";
                foreach (array_keys(CachePool::TYPES) as $type) {
                    printf("%30s: %d\n", $type, $app->cache->isEnabled($type));
                }
                return Command::SUCCESS;
            }),
            new Command('cache:clean', 'Cleans cache type(s)', function (Input $input) use ($app): int {
                $types = self::types($input);
                foreach ($types as $type) {
                    $app->cache->type($type)->clean();
                }
                return self::listed('Cleaned cache types:', $types);
            }, arguments: $types),
            // Everything in the storage goes, whichever release's prefix it has.
            new Command('cache:flush', 'Flushes cache storage used by cache type(s)', function (Input $input) use ($app): int {
                $types = self::types($input);
                $frontends = $types === array_keys(CachePool::TYPES) ? $app->cache->frontends()
                    : array_unique(array_map(static fn (string $type): string => $type === 'full_page' ? 'page_cache' : 'default', $types));
                foreach ($frontends as $frontend) {
                    $app->cache->backend($frontend)->flush();
                }
                return self::listed('Flushed cache types:', $types);
            }, arguments: $types),
            new Command('cache:enable', 'Enables cache type(s)', fn (Input $input): int => self::set($app, self::types($input), 1), arguments: $types),
            new Command('cache:disable', 'Disables cache type(s)', fn (Input $input): int => self::set($app, self::types($input), 0), arguments: $types),
        ];
    }

    /** @return list<string> */
    private static function types(Input $input): array
    {
        $asked = $input->arguments('types');
        $unknown = array_diff($asked, array_keys(CachePool::TYPES));
        if ($unknown !== []) {
            throw new LocalizedException('The following requested cache types are not supported: ' . implode(', ', $unknown) . '.');
        }
        return $asked === [] ? array_keys(CachePool::TYPES) : $asked;
    }

    /** @param list<string> $types */
    private static function set(App $app, array $types, int $status): int
    {
        $env = DeploymentConfig::read(DeploymentConfig::ENV);
        $changed = array_values(array_filter($types, static fn (string $type): bool => (int) ($env['cache_types'][$type] ?? 0) !== $status));
        if ($changed === []) {
            echo "There is nothing to change in cache status\n";
            return Command::SUCCESS;
        }
        foreach ($changed as $type) {
            $env['cache_types'][$type] = $status;
        }
        $app->config->write(DeploymentConfig::ENV, $env);
        return self::listed('Changed cache status:', array_map(static fn (string $type): string => "$type: $status", $changed));
    }

    /** @param list<string> $lines */
    private static function listed(string $title, array $lines): int
    {
        echo "$title\n", implode("\n", $lines), "\n";
        return Command::SUCCESS;
    }
}
