<?php
declare(strict_types=1);

namespace StandIn\Setup;

use StandIn\App;
use StandIn\Console\Command;
use StandIn\Console\CommandProvider;
use StandIn\Console\Input;
use StandIn\LocalizedException;
use StandIn\Maintenance;

final class MaintenanceCommands implements CommandProvider
{
    public function commands(App $app): array
    {
        $maintenance = new Maintenance();
        $set = static function (Input $input, bool $on) use ($maintenance): int {
            if ($input->has('ip')) {
                $maintenance->setAddresses(self::addresses($input->options('ip')));
            }
            $maintenance->set($on);
            echo $on ? "Enabled maintenance mode\n" : "Disabled maintenance mode\n";
            self::sayAddresses($maintenance);
            return Command::SUCCESS;
        };
        return [
            new Command('maintenance:enable', 'Enables maintenance mode', fn (Input $input): int => $set($input, true), ['ip' => 'list']),
            new Command('maintenance:disable', 'Disables maintenance mode', fn (Input $input): int => $set($input, false), ['ip' => 'list']),
            new Command('maintenance:status', 'Displays maintenance mode status', function () use ($maintenance): int {
                echo 'Status: maintenance mode is ', $maintenance->isOn() ? 'active' : 'not active', "\n";
                self::sayAddresses($maintenance);
                return Command::SUCCESS;
            }),
            new Command('maintenance:allow-ips', 'Sets maintenance mode exempt IPs', function (Input $input) use ($maintenance): int {
                $addresses = self::addresses($input->arguments('ip'));
                if ($input->has('none')) {
                    $maintenance->setAddresses([]);
                } elseif ($addresses !== []) {
                    $kept = $input->has('add') ? $maintenance->addresses() : [];
                    $maintenance->setAddresses(array_values(array_unique([...$kept, ...$addresses])));
                }
                self::sayAddresses($maintenance);
                return Command::SUCCESS;
            }, ['none' => 'flag', 'add' => 'flag'], ['ip' => 'list']),
        ];
    }

    /**
     * @param list<string> $texts
     * @return list<string>
     */
    private static function addresses(array $texts): array
    {
        if ($texts === ['none']) {
            return [];
        }
        foreach ($texts as $text) {
            if (filter_var($text, FILTER_VALIDATE_IP) === false) {
                throw new LocalizedException("Invalid IP $text");
            }
        }
        return $texts;
    }

    private static function sayAddresses(Maintenance $maintenance): void
    {
        echo 'List of exempt IP-addresses: ', implode(', ', $maintenance->addresses()) ?: 'none', "\n";
    }
}
