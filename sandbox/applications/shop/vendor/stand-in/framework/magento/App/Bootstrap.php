<?php
declare(strict_types=1);

namespace Magento\Framework\App;

use Magento\Framework\Setup\Declaration\Schema\Diff\SchemaDiff;
use Magento\Framework\Setup\Declaration\Schema\OperationsExecutor;
use Magento\Framework\Setup\Declaration\Schema\SchemaConfigInterface;
use StandIn\App;
use StandIn\Schema;

/** How a script beside Magento asks for its classes. */
final class Bootstrap
{
    /** @param array<string, mixed> $parameters */
    public static function create(string $root, array $parameters): self
    {
        return new self();
    }

    public function getObjectManager(): self
    {
        return $this;
    }

    public function get(string $class): object
    {
        $app = new App();
        return match ($class) {
            SchemaConfigInterface::class => new SchemaConfigInterface(new Schema($app->modules, $app->database)),
            SchemaDiff::class => new SchemaDiff(),
            OperationsExecutor::class => new OperationsExecutor($app->database),
        };
    }
}
