<?php
declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    foreach (['StandIn\\' => __DIR__ . '/stand-in/runtime/', 'App\\' => dirname(__DIR__) . '/src/'] as $prefix => $directory) {
        if (str_starts_with($class, $prefix)) {
            require $directory . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
        }
    }
});
