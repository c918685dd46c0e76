<?php
declare(strict_types=1);

// A stand-in for Magento, for the sandbox: see README.md. It is not Magento.
error_reporting(E_ALL);
ini_set('display_errors', PHP_SAPI === 'cli' ? 'stderr' : '0');
date_default_timezone_set('UTC');
umask(0002);

define('BP', dirname(__DIR__));
require BP . '/vendor/autoload.php';
// A warning is an error, as Magento's error handler has it.
set_error_handler(static function (int $level, string $message, string $file, int $line): bool {
    if ((error_reporting() & $level) === 0) {
        return false;
    }
    throw new ErrorException($message, 0, $level, $file, $line);
});
