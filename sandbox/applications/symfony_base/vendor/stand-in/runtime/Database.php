<?php
declare(strict_types=1);

namespace StandIn;

/**
 * The database of DATABASE_URL, with TLS and its certificates in DATABASE_SSL_CA: what Doctrine's configuration says with
 * "url: '%env(resolve:DATABASE_URL)%'" and "options: {1009: '%env(DATABASE_SSL_CA)%'}". It connects when it is first used.
 */
final class Database
{
    private ?\PDO $pdo = null;

    public function __construct(private readonly string $url, private readonly string $certificates)
    {
    }

    /** @param array<string, string> $environment */
    public static function fromEnvironment(array $environment): self
    {
        return new self($environment['DATABASE_URL'] ?? '', $environment['DATABASE_SSL_CA'] ?? '');
    }

    public function pdo(): \PDO
    {
        if ($this->pdo === null) {
            $url = parse_url($this->url);
            if (!is_array($url) || ($url['scheme'] ?? '') !== 'mysql' || !isset($url['host'])) {
                throw new \RuntimeException('Environment variable not found: "DATABASE_URL".');
            }
            $this->pdo = new \PDO(
                "mysql:host={$url['host']};port=" . ($url['port'] ?? 3306) . ';dbname=' . rawurldecode(substr($url['path'] ?? '', 1)) . ';charset=utf8mb4',
                rawurldecode($url['user'] ?? ''),
                rawurldecode($url['pass'] ?? ''),
                [\PDO::ATTR_DEFAULT_FETCH_MODE => \PDO::FETCH_ASSOC] + ($this->certificates === '' ? [] : [1009 => $this->certificates])
            );
        }
        return $this->pdo;
    }

    /** @return list<array<string, mixed>> */
    public function rows(string $sql, mixed ...$values): array
    {
        $statement = $this->pdo()->prepare($sql);
        $statement->execute($values);
        return $statement->columnCount() > 0 ? array_values($statement->fetchAll()) : [];
    }

    public function has(string $table, string $column = ''): bool
    {
        $sql = 'SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?';
        return $this->rows($sql . ($column === '' ? ' LIMIT 1' : ' AND column_name = ?'), ...array_filter([$table, $column])) !== [];
    }
}
