<?php
declare(strict_types=1);

namespace StandIn;

/** Which release this is (RELEASE of .platform/release.env), and which version of Magento it stands in for. */
final class Release
{
    public static function name(): string
    {
        $file = BP . '/.platform/release.env';
        if (is_file($file) && preg_match('/^RELEASE=([A-Za-z0-9_-]{1,40})$/m', (string) file_get_contents($file), $found)) {
            return $found[1];
        }
        return 'unknown';
    }

    public static function magento(): string
    {
        $composer = json_decode((string) file_get_contents(BP . '/composer.json'), true);
        return $composer['extra']['stands-in-for'];
    }

    public static function sendHeaders(): void
    {
        header('X-Release: ' . self::name());
        header('X-Instance: ' . gethostname());
        header('X-Stand-In: not Magento; answers as Magento ' . self::magento());
    }
}
