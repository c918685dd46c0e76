<?php
declare(strict_types=1);

namespace StandIn;

/** The connection that env.php describes at db/connection/default. It is opened when it is first used. */
final class Database
{
    private ?\PDO $pdo = null;

    /** @param array<string, mixed> $connection */
    public function __construct(private readonly array $connection, private readonly string $prefix = '')
    {
    }

    public static function configured(DeploymentConfig $config): self
    {
        return new self((array) $config->get('db/connection/default', []), (string) $config->get('db/table_prefix', ''));
    }

    public function table(string $name): string
    {
        return $this->prefix . $name;
    }

    public function pdo(): \PDO
    {
        if ($this->pdo === null) {
            // As Magento reads it: "host", "host:port", or the path of a socket.
            $host = (string) ($this->connection['host'] ?? 'localhost');
            if (str_contains($host, '/')) {
                $dsn = "mysql:unix_socket=$host";
            } else {
                [$name, $port] = explode(':', $host, 2) + [1 => (string) ($this->connection['port'] ?? '3306')];
                $dsn = "mysql:host=$name;port=$port";
            }
            $options = ($this->connection['driver_options'] ?? []) + [
                \PDO::ATTR_ERRMODE => \PDO::ERRMODE_EXCEPTION,
                \PDO::ATTR_DEFAULT_FETCH_MODE => \PDO::FETCH_ASSOC,
                \PDO::ATTR_TIMEOUT => 10,
            ];
            $this->pdo = new \PDO(
                "$dsn;dbname=" . ($this->connection['dbname'] ?? '') . ';charset=utf8mb4',
                (string) ($this->connection['username'] ?? ''),
                (string) ($this->connection['password'] ?? ''),
                $options
            );
            foreach (array_filter(explode(';', (string) ($this->connection['initStatements'] ?? ''))) as $statement) {
                $this->pdo->exec($statement);
            }
        }
        return $this->pdo;
    }

    /** Runs one statement; table names are written as {name}. */
    public function run(string $sql, mixed ...$values): \PDOStatement
    {
        $sql = preg_replace_callback('/\{(\w+)\}/', fn (array $found): string => "`{$this->table($found[1])}`", $sql);
        $statement = $this->pdo()->prepare((string) $sql);
        $statement->execute($values);
        return $statement;
    }

    /** @return list<array<string, mixed>> */
    public function rows(string $sql, mixed ...$values): array
    {
        return array_values($this->run($sql, ...$values)->fetchAll());
    }

    /** @return array<string, mixed>|null */
    public function row(string $sql, mixed ...$values): ?array
    {
        return $this->rows($sql, ...$values)[0] ?? null;
    }

    public function value(string $sql, mixed ...$values): mixed
    {
        $row = $this->row($sql, ...$values);
        return $row === null ? null : reset($row);
    }

    public function hasTable(string $name): bool
    {
        return $this->value(
            'SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?',
            $this->table($name)
        ) > 0;
    }

    public function insertId(): int
    {
        return (int) $this->pdo()->lastInsertId();
    }
}
