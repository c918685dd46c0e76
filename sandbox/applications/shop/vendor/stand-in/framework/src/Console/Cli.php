<?php
declare(strict_types=1);

namespace StandIn\Console;

use StandIn\App;
use StandIn\LocalizedException;
use StandIn\Log;
use StandIn\Release;
use StandIn\Xml;

/**
 * bin/magento. The setup's own commands are always there. The modules' are there once the application is installed; which
 * classes they are is part of the configuration that Magento keeps in its cache (the "config" type). Classes of another
 * release's cached list may not exist here: then there are no modules' commands, and every command ends with 1.
 */
final class Cli
{
    private const SETUP = [
        \StandIn\Setup\DatabaseCommands::class,
        \StandIn\Setup\InstallCommands::class,
        \StandIn\Setup\MaintenanceCommands::class,
        \StandIn\Setup\DeployCommands::class,
    ];

    private ?\Throwable $initException = null;
    private App $app;

    /** @param list<string> $words The command line without the program */
    public function run(array $words): int
    {
        try {
            $this->app = new App();
            return $this->execute($words);
        } catch (\Throwable $error) {
            if (!$error instanceof LocalizedException) {
                Log::error($error);
            }
            fwrite(STDERR, "\n  {$error->getMessage()}\n\n");
            return Command::FAILURE;
        }
    }

    /** @param list<string> $words */
    private function execute(array $words): int
    {
        $commands = $this->commands();
        $names = array_values(array_filter($words, static fn (string $word): bool => !str_starts_with($word, '-')));
        $name = $names[0] ?? (in_array($words[0] ?? '', ['--version', '-V'], true) ? 'version' : 'list');
        if ($name === 'version') {
            $this->say('Magento CLI ' . Release::magento() . ' (stand-in)');
            $code = Command::SUCCESS;
        } elseif ($name === 'list') {
            $this->say('Magento CLI ' . Release::magento() . ' (stand-in)');
            foreach ($commands as $command) {
                $this->say(sprintf('  %-36s %s', $command->name, $command->description));
            }
            $code = Command::SUCCESS;
        } else {
            $command = $commands[$name] ?? throw new LocalizedException($this->unknown($name, $commands));
            unset($words[array_search($name, $words, true)]);
            $code = ($command->execute)(new Input($command, array_values($words)));
        }
        if ($this->initException !== null) {
            fwrite(STDERR, "We're sorry, an error occurred. Try clearing the cache and code generation directories.\n");
            throw $this->initException;
        }
        return $code;
    }

    /** @param array<string, Command> $commands */
    private function unknown(string $name, array $commands): string
    {
        $namespace = implode(':', array_slice(explode(':', $name), 0, -1));
        foreach (array_keys($commands) as $known) {
            if ($namespace !== '' && str_starts_with($known, "$namespace:")) {
                return "Command \"$name\" is not defined." . $this->reason();
            }
        }
        return ($namespace === '' ? "Command \"$name\" is not defined."
            : "There are no commands defined in the \"$namespace\" namespace.") . $this->reason();
    }

    private function reason(): string
    {
        return $this->initException === null ? '' : "\n  {$this->initException->getMessage()}";
    }

    /** @return array<string, Command> */
    private function commands(): array
    {
        $classes = self::SETUP;
        $commands = $this->made($classes);
        try {
            if ($this->app->config->isAvailable()) {
                $this->readStores();
                $commands += $this->made($this->modulesClasses());
            }
        } catch (\Throwable $error) {
            $this->initException = $error;
        }
        ksort($commands);
        return $commands;
    }

    /** The modules' commands need the list of stores: with install/date and an empty database, no command succeeds. */
    private function readStores(): void
    {
        $this->app->cache->type('config')->remember(
            'app_stores',
            fn (): array => $this->app->database->rows('SELECT store_id, code FROM {store}')
        );
    }

    /** @return list<string> */
    private function modulesClasses(): array
    {
        $read = function (): array {
            $classes = [];
            $framework = ['framework' => dirname(__DIR__, 2) . '/etc/di.xml'];
            foreach ($framework + $this->app->modules->files('etc/di.xml') as $file) {
                foreach (Xml::load($file)->command as $command) {
                    $classes[] = (string) $command['class'];
                }
            }
            return $classes;
        };
        return array_values($this->app->cache->type('config')->remember('global::DiConfig', $read));
    }

    /**
     * @param list<string> $classes
     * @return array<string, Command>
     */
    private function made(array $classes): array
    {
        $commands = [];
        foreach ($classes as $class) {
            if (!class_exists($class)) {
                throw new LocalizedException("Class \"$class\" does not exist");
            }
            $provider = new $class();
            \assert($provider instanceof CommandProvider);
            foreach ($provider->commands($this->app) as $command) {
                $commands[$command->name] = $command;
            }
        }
        return $commands;
    }

    private function say(string $line): void
    {
        echo "$line\n";
    }
}
