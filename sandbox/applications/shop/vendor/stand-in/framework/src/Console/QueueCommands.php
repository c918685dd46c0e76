<?php
declare(strict_types=1);

namespace StandIn\Console;

use StandIn\App;
use StandIn\Consumer;
use StandIn\LocalizedException;
use StandIn\Xml;

final class QueueCommands implements CommandProvider
{
    private const PILL = 'queue_poison_pill';

    public function commands(App $app): array
    {
        return [
            new Command('queue:consumers:list', 'List of MessageQueue consumers', function () use ($app): int {
                foreach (array_keys(self::consumers($app)) as $name) {
                    echo "$name\n";
                }
                return Command::SUCCESS;
            }),
            new Command('queue:consumers:start', 'Start MessageQueue consumer', fn (Input $input): int => self::start($app, $input), [
                'max-messages' => 'value', 'single-thread' => 'flag', 'pid-file-path' => 'value', 'batch-size' => 'value',
                'area-code' => 'value', 'multi-process' => 'optional',
            ], ['consumer' => 'required']),
            new Command('queue:consumers:restart', 'Restart MessageQueue consumers', function () use ($app): int {
                $app->database->run(
                    'INSERT INTO {flag} (flag_code, flag_data) VALUES (?, ?) ON DUPLICATE KEY UPDATE flag_data = VALUES(flag_data)',
                    self::PILL,
                    uniqid('', true)
                );
                return Command::SUCCESS;
            }),
        ];
    }

    /** @return array<string, string> Consumer => the class that handles its messages */
    public static function consumers(App $app): array
    {
        $consumers = [];
        foreach ($app->modules->files('etc/queue.xml') as $file) {
            foreach (Xml::load($file)->consumer as $consumer) {
                $consumers[(string) $consumer['name']] = (string) $consumer['handler'];
            }
        }
        return $consumers;
    }

    private static function start(App $app, Input $input): int
    {
        $name = (string) $input->argument('consumer');
        $class = self::consumers($app)[$name] ?? throw new LocalizedException("Specified consumer \"$name\" is not declared.");
        $handler = new $class();
        \assert($handler instanceof Consumer);
        $database = $app->database;
        if ($input->has('single-thread') && (int) $database->value('SELECT GET_LOCK(?, 0)', md5($name)) !== 1) {
            echo "Consumer with the same name is running\n";
            return Command::FAILURE;
        }
        $most = (int) ($input->option('max-messages') ?? 0);
        $waits = (bool) $app->config->get('queue/consumers_wait_for_messages', 1);
        $pill = self::pill($app);
        for ($done = 0; $most === 0 || $done < $most;) {
            // Read before each message only: a consumer that waits goes on with the old code, as Magento's does.
            $message = $database->row("SELECT id, body FROM {queue_message} WHERE topic = ? AND status = 'new' ORDER BY id LIMIT 1", $name);
            if ($message === null) {
                if (!$waits) {
                    break;
                }
                sleep(1);
                continue;
            }
            if (self::pill($app) !== $pill) {
                break;
            }
            $taken = $database->run("UPDATE {queue_message} SET status = 'in progress' WHERE id = ? AND status = 'new'", $message['id']);
            if ($taken->rowCount() === 1) {
                $handler->process($app, (string) $message['body']);
                $database->run("UPDATE {queue_message} SET status = 'complete' WHERE id = ?", $message['id']);
                $done++;
            }
        }
        return Command::SUCCESS;
    }

    private static function pill(App $app): string
    {
        return (string) $app->database->value('SELECT flag_data FROM {flag} WHERE flag_code = ?', self::PILL);
    }
}
