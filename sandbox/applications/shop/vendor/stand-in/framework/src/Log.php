<?php
declare(strict_types=1);

namespace StandIn;

final class Log
{
    /** Into var/log, as Magento: exception.log for exceptions, system.log for the rest. */
    public static function error(\Throwable|string $what): void
    {
        $file = $what instanceof \Throwable ? 'exception.log' : 'system.log';
        try {
            Files::ensureDirectory(BP . '/var/log');
            $line = sprintf("[%s] main.CRITICAL: %s\n", date('Y-m-d\TH:i:s.uP'), (string) $what);
            file_put_contents(BP . "/var/log/$file", $line, FILE_APPEND);
        } catch (\Throwable) {
            error_log((string) $what);
        }
    }
}
