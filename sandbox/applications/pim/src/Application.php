<?php
declare(strict_types=1);

namespace App;

use StandIn\ApplicationInterface;
use StandIn\Database;

/** Sign-in page, and the REST API's products for those with a token, as Akeneo's PIM has them. */
final class Application implements ApplicationInterface
{
    /** Table => its columns. */
    private const TABLES = [
        'pim_catalog_product' => ['id' => 'INT AUTO_INCREMENT PRIMARY KEY', 'identifier' => 'VARCHAR(100) NOT NULL UNIQUE', 'family' => 'VARCHAR(100) NULL'],
        'oro_user' => ['id' => 'INT AUTO_INCREMENT PRIMARY KEY', 'username' => 'VARCHAR(100) NOT NULL UNIQUE', 'password' => 'VARCHAR(255) NOT NULL'],
        'pim_api_access_token' => ['token' => 'VARCHAR(86) PRIMARY KEY', 'expires_at' => 'INT NOT NULL'],
    ];
    private const JSON = ['Content-Type' => 'application/json'];

    public function name(): string
    {
        return 'the PIM';
    }

    public function routes(): array
    {
        return [
            '(?:GET|HEAD) /' => static fn (): array => [302, ['Location' => '/user/login'], ''],
            '(?:GET|HEAD) /user/login' => static fn (): array => [200, [], '<h1>Login</h1><form method="post"><input name="_username"></form>'],
            'POST /api/oauth/v1/token' => $this->token(...),
            'GET /api/rest/v1/products' => $this->products(...),
        ];
    }

    /** @return array{int, array<string, string>, string} */
    private function token(Database $database): array
    {
        $asked = (array) json_decode((string) file_get_contents('php://input'), true);
        $user = $database->rows('SELECT password FROM oro_user WHERE username = ?', (string) ($asked['username'] ?? ''))[0] ?? null;
        if ($user === null || !password_verify((string) ($asked['password'] ?? ''), $user['password'])) {
            return [422, self::JSON, '{"code":422,"message":"No user found for the given username and password"}'];
        }
        $token = bin2hex(random_bytes(32));
        $database->rows('INSERT INTO pim_api_access_token (token, expires_at) VALUES (?, ?)', $token, time() + 3600);
        return [200, self::JSON, (string) json_encode(['access_token' => $token, 'expires_in' => 3600, 'token_type' => 'bearer'])];
    }

    /** @return array{int, array<string, string>, string} */
    private function products(Database $database): array
    {
        $token = str_replace('Bearer ', '', $_SERVER['HTTP_AUTHORIZATION'] ?? '');
        if ($database->rows('SELECT 1 FROM pim_api_access_token WHERE token = ? AND expires_at > ?', $token, time()) === []) {
            return [401, self::JSON, '{"code":401,"message":"Authentication is required"}'];
        }
        $items = $database->rows('SELECT identifier, family FROM pim_catalog_product ORDER BY id');
        return [200, self::JSON, (string) json_encode(['current_page' => 1, '_embedded' => ['items' => $items]])];
    }

    public function commands(): array
    {
        return [
            'doctrine:schema:update' => ['options' => ['--force', '--dump-sql', '--complete', '--em'], 'execute' => $this->updateSchema(...)],
            'pim:user:create' => ['options' => ['--admin'], 'execute' => static function (Database $database, array $arguments): int {
                if (count($arguments) < 2) {
                    throw new \RuntimeException('Not enough arguments (missing: "username, password").');
                }
                $sql = 'INSERT INTO oro_user (username, password) VALUES (?, ?)';
                $database->rows($sql, $arguments[0], password_hash($arguments[1], PASSWORD_DEFAULT));
                return 0;
            }],
        ];
    }

    /**
     * @param list<string> $arguments
     * @param list<string> $options
     */
    private function updateSchema(Database $database, array $arguments, array $options): int
    {
        $statements = [];
        foreach (self::TABLES as $table => $columns) {
            $lines = array_map(static fn (string $name, string $type): string => "$name $type", array_keys($columns), $columns);
            if (!$database->has($table)) {
                $statements[] = "CREATE TABLE $table (" . implode(', ', $lines) . ')';
                continue;
            }
            foreach (array_keys($columns) as $position => $name) {
                if (!$database->has($table, $name)) {
                    $statements[] = "ALTER TABLE $table ADD {$lines[$position]}";
                }
            }
        }
        if ($statements === []) {
            echo " [OK] Nothing to update - your database is already in sync with the current entity metadata.\n";
            return 0;
        }
        if (in_array('--dump-sql', $options, true)) {
            echo implode(";\n", $statements), ";\n";
        }
        if (!in_array('--force', $options, true)) {
            return in_array('--dump-sql', $options, true) ? 0 : 1;
        }
        foreach ($statements as $statement) {
            $database->pdo()->exec($statement);
        }
        echo ' [OK] Database schema updated successfully! ', count($statements), " queries were executed\n";
        return 0;
    }
}
