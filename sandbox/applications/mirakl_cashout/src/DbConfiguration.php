<?php
declare(strict_types=1);

namespace Connector;

final class DbConfiguration
{
    public function __construct(private readonly Accessor $parameters)
    {
    }

    public function getDriver(): string
    {
        return (string) $this->parameters['db.driver'];
    }

    public function getUsername(): string
    {
        return (string) $this->parameters['db.username'];
    }

    public function getPassword(): string
    {
        return (string) $this->parameters['db.password'];
    }

    public function getDatabaseName(): string
    {
        return (string) $this->parameters['db.name'];
    }

    public function getHost(): string
    {
        return (string) $this->parameters['db.host'];
    }

    public function getPort(): int
    {
        return (int) $this->parameters['db.port'];
    }
}
