<?php
// Takes the secrets of env.php out of what Magento prints: what an instance prints is kept by Systems Manager, in a log group
// and in the journal of releases.
//
//   … | php .platform/without_secrets.php
//
// A script that includes it gets without_secrets().
declare(strict_types=1);

/** The text, with a mark in the place of each value of env.php whose name is that of a secret. */
function without_secrets(string $text): string
{
    static $marks = null;
    if ($marks === null) {
        $marks = [];
        $file = dirname(__DIR__) . '/app/etc/env.php';
        $env = is_file($file) ? require $file : [];
        array_walk_recursive($env, static function (mixed $value, string|int $name) use (&$marks): void {
            if (is_string($value) && strlen($value) >= 6 && preg_match('/password|passphrase|^key$|secret|token/i', (string)$name)) {
                // A crypt key may have several lines, a key each.
                foreach ([$value, ...preg_split('/\s+/', $value)] as $each) {
                    strlen($each) >= 6 && $marks[$each] = '[secret]';
                }
            }
        });
    }
    return $marks === [] ? $text : strtr($text, $marks);
}

if (realpath($_SERVER['SCRIPT_FILENAME'] ?? '') === __FILE__) {
    echo without_secrets((string)stream_get_contents(STDIN));
}
