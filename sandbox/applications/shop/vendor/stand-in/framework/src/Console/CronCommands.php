<?php
declare(strict_types=1);

namespace StandIn\Console;

use StandIn\App;
use StandIn\CronJob;
use StandIn\Log;
use StandIn\Xml;

final class CronCommands implements CommandProvider
{
    public function commands(App $app): array
    {
        return [
            new Command('cron:run', 'Runs jobs by schedule', function () use ($app): int {
                if ((int) $app->config->get('cron/enabled', 1) === 0) {
                    echo "Cron is disabled. Jobs were not run.\n";
                    return Command::SUCCESS;
                }
                foreach ($app->modules->files('etc/crontab.xml') as $file) {
                    foreach (Xml::load($file)->job as $job) {
                        self::job($app, (string) $job['name'], static function () use ($app, $job): void {
                            $class = (string) $job['instance'];
                            $instance = new $class();
                            \assert($instance instanceof CronJob);
                            $instance->execute($app);
                        });
                    }
                }
                self::job($app, 'consumers_runner', static fn () => self::startConsumers($app));
                echo "Ran jobs by schedule.\n";
                return Command::SUCCESS;
            }, ['group' => 'value', 'bootstrap' => 'value']),
        ];
    }

    /** A job that fails is written down, and the others run, as Magento has it. */
    private static function job(App $app, string $code, callable $run): void
    {
        $database = $app->database;
        $database->run("INSERT INTO {cron_schedule} (job_code, status, executed_at) VALUES (?, 'running', NOW())", $code);
        $schedule = $database->value('SELECT LAST_INSERT_ID()');
        [$status, $messages] = ['success', null];
        try {
            $run();
        } catch (\Throwable $error) {
            Log::error($error);
            [$status, $messages] = ['error', $error->getMessage()];
        }
        $database->run(
            'UPDATE {cron_schedule} SET status = ?, messages = ?, finished_at = NOW() WHERE schedule_id = ?',
            $status,
            $messages,
            $schedule
        );
    }

    /** Starts the consumers of env.php's cron_consumers_runner in the background, all of them if it lists none. */
    private static function startConsumers(App $app): void
    {
        if (!$app->config->get('cron_consumers_runner/cron_run', true)) {
            return;
        }
        $wanted = (array) $app->config->get('cron_consumers_runner/consumers', []);
        $most = (int) $app->config->get('cron_consumers_runner/max_messages', 10000);
        foreach (array_keys(QueueCommands::consumers($app)) as $consumer) {
            if ($wanted === [] || in_array($consumer, $wanted, true)) {
                exec(sprintf(
                    '%s %s queue:consumers:start %s --single-thread --max-messages=%d >/dev/null 2>&1 </dev/null &',
                    escapeshellarg(PHP_BINARY),
                    escapeshellarg(BP . '/bin/magento'),
                    escapeshellarg($consumer),
                    $most
                ));
            }
        }
    }
}
