<?php
declare(strict_types=1);

namespace Connector;

/** bin/console: the schema's command, and the jobs of cron. A job calls no API: it records that it ran. */
final class Console
{
    private const TABLES = [
        'vendors' => 'CREATE TABLE vendors (mirakl_id INT PRIMARY KEY, email VARCHAR(255) NOT NULL)',
        'operations' => 'CREATE TABLE operations (id INT AUTO_INCREMENT PRIMARY KEY, mirakl_id INT NULL, amount DOUBLE NOT NULL)',
        'batch' => 'CREATE TABLE batch (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(255) NOT NULL, ended_at DATETIME NOT NULL)',
    ];
    private const JOBS = ['vendor:process', 'cashout:generate', 'cashout:transfer', 'cashout:withdraw'];

    public function __construct(private readonly \Closure $connect)
    {
    }

    /** @param list<string> $words */
    public function run(array $words): int
    {
        $name = array_shift($words) ?? 'list';
        try {
            if ($name === 'list') {
                echo "A stand-in for HiPay's connector\n  orm:schema-tool:update\n  ", implode("\n  ", self::JOBS), "\n";
                return 0;
            }
            if ($name === 'orm:schema-tool:update') {
                return $this->updateSchema($words);
            }
            if (!in_array($name, self::JOBS, true)) {
                throw new \RuntimeException("Command \"$name\" is not defined.");
            }
            ($this->connect)()->pdo()->prepare('INSERT INTO batch (name, ended_at) VALUES (?, NOW())')->execute([$name]);
            return 0;
        } catch (\Throwable $error) {
            fwrite(STDERR, "\n  {$error->getMessage()}\n\n");
            return 1;
        }
    }

    /** @param list<string> $options */
    private function updateSchema(array $options): int
    {
        $unknown = array_diff($options, ['--dump-sql', '--force', '--complete', '--no-interaction', '-n']);
        if ($unknown !== []) {
            throw new \RuntimeException('The "' . reset($unknown) . '" option does not exist.');
        }
        $pdo = ($this->connect)()->pdo();
        $existing = $pdo->query('SHOW TABLES')->fetchAll(\PDO::FETCH_COLUMN);
        $statements = array_diff_key(self::TABLES, array_flip($existing));
        if ($statements === []) {
            echo "Nothing to update - your database is already in sync with the current entity metadata.\n";
            return 0;
        }
        if (in_array('--dump-sql', $options, true)) {
            echo implode(";\n", $statements), ";\n";
        }
        if (in_array('--force', $options, true)) {
            foreach ($statements as $statement) {
                $pdo->exec($statement);
            }
            echo 'Database schema updated successfully! "', count($statements), "\" queries were executed\n";
        }
        return array_intersect(['--dump-sql', '--force'], $options) === [] ? 1 : 0;
    }
}
