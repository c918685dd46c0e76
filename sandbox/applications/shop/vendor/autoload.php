<?php
declare(strict_types=1);

// What Composer would write: class names to files.
spl_autoload_register(static function (string $class): void {
    $root = dirname(__DIR__);
    $places = [
        'StandIn\\Setup\\' => "$root/setup/src/",
        'StandIn\\' => "$root/vendor/stand-in/framework/src/",
        'Magento\\Framework\\' => "$root/vendor/stand-in/framework/magento/",
        'Client\\' => "$root/app/code/Client/",
    ];
    foreach ($places as $prefix => $directory) {
        if (str_starts_with($class, $prefix)) {
            $file = $directory . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
            if (is_file($file)) {
                require $file;
                return;
            }
        }
    }
});
