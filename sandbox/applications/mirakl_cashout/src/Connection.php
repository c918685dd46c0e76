<?php
declare(strict_types=1);

namespace Connector;

/** What Doctrine makes of its parameters: TLS only when driverOptions ask for it. */
final class Connection
{
    private ?\PDO $pdo = null;

    /** @param array<string, mixed> $parameters */
    public function __construct(private readonly array $parameters)
    {
    }

    public function pdo(): \PDO
    {
        return $this->pdo ??= new \PDO(
            "mysql:host={$this->parameters['host']};port={$this->parameters['port']};dbname={$this->parameters['dbname']}",
            $this->parameters['user'],
            $this->parameters['password'],
            ($this->parameters['driverOptions'] ?? []) + [\PDO::ATTR_DEFAULT_FETCH_MODE => \PDO::FETCH_ASSOC]
        );
    }
}
