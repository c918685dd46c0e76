<?php
declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    if (str_starts_with($class, 'Connector\\')) {
        require dirname(__DIR__) . '/src/' . str_replace('\\', '/', substr($class, strlen('Connector\\'))) . '.php';
    }
});
