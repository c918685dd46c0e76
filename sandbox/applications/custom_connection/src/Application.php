<?php
declare(strict_types=1);

namespace App;

use StandIn\ApplicationInterface;
use StandIn\Database;

/** The bridge between shop, marketplace and logistics: a page, a sign-in page, and what partners uploaded by FTP. */
final class Application implements ApplicationInterface
{
    private const UPLOADS = __DIR__ . '/../uploads';

    public function name(): string
    {
        return 'Custom Connection';
    }

    public function routes(): array
    {
        return [
            '(?:GET|HEAD) /' => static function (Database $database): array {
                $count = $database->rows('SELECT COUNT(*) AS files FROM connection_file')[0]['files'];
                return [200, [], "<h1>Custom Connection</h1><p>Files processed: $count.</p>"];
            },
            '(?:GET|HEAD) /user/login' => static fn (): array => [200, [], '<h1>Login</h1><form method="post"><input name="_username"></form>'],
        ];
    }

    public function commands(): array
    {
        $options = ['--allow-no-migration', '--all-or-nothing', '--dry-run', '--query-time'];
        return [
            'doctrine:migrations:migrate' => ['options' => $options, 'execute' => $this->migrate(...)],
            'connection:process-uploads' => ['options' => [], 'execute' => static function (Database $database): int {
                foreach (glob(self::UPLOADS . '/*') ?: [] as $file) {
                    $database->rows('INSERT INTO connection_file (name, size) VALUES (?, ?)', basename($file), filesize($file));
                    unlink($file);
                }
                return 0;
            }],
        ];
    }

    /** Runs the SQL files of migrations/ that doctrine_migration_versions does not list, each once, in their order. */
    private function migrate(Database $database): int
    {
        $database->pdo()->exec('CREATE TABLE IF NOT EXISTS doctrine_migration_versions (version VARCHAR(191) PRIMARY KEY)');
        $done = array_column($database->rows('SELECT version FROM doctrine_migration_versions'), 'version');
        $waiting = array_filter(
            glob(dirname(__DIR__) . '/migrations/*.sql') ?: [],
            static fn (string $file): bool => !in_array(basename($file, '.sql'), $done, true)
        );
        foreach ($waiting as $file) {
            $database->pdo()->exec((string) file_get_contents($file));
            $database->rows('INSERT INTO doctrine_migration_versions (version) VALUES (?)', basename($file, '.sql'));
        }
        echo $waiting === [] ? " [OK] Already at the latest version\n" : ' [OK] Successfully migrated ' . count($waiting) . " migrations\n";
        return 0;
    }
}
