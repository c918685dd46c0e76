<?php
declare(strict_types=1);

namespace Magento\Framework\Setup\Declaration\Schema;

use StandIn\Schema;

/** The tables that the code declares, and those of the database. The stand-in's Schema knows both. */
final class SchemaConfigInterface
{
    public function __construct(private readonly Schema $schema)
    {
    }

    public function getDeclarationConfig(): Schema
    {
        return $this->schema;
    }

    public function getDbConfig(): Schema
    {
        return $this->schema;
    }
}
