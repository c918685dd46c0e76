<?php
// Takes the secrets of env.php out of what Magento prints: what an instance prints is kept by Systems Manager, in a log group
// and in the journal of releases.
//
//   … | php .platform/without_secrets.php
//
// A script that includes it gets without_secrets().
declare(strict_types=1);

/** @return list<string> A secret as it is, and as it looks in JSON, in an address, in quotes, on a page and in Base64. */
function looks_of(string $secret): array
{
    $looks = [];
    // Magento's prefix says how a crypt key is written. What follows is the key.
    foreach (array_unique([$secret, preg_replace('/^base64/', '', $secret)]) as $value) {
        foreach ([0, JSON_UNESCAPED_UNICODE] as $letters) {
            $json = substr((string)json_encode($value, JSON_INVALID_UTF8_SUBSTITUTE | $letters), 1, -1);
            array_push($looks, $json, str_replace('\/', '/', $json));
        }
        array_push($looks, $value, addcslashes($value, "'\\"));
        array_push($looks, rawurlencode($value), urlencode($value), htmlspecialchars($value), str_replace("'", "'\\''", $value));
        // Base64 has three looks, by what stands before the secret: `user:` in a header of HTTP. Each without the
        // characters that belong to its neighbours too.
        for ($before = 0; $before < 3; $before++) {
            $length = $before + strlen($value);
            $encoded = base64_encode(str_repeat(' ', $before) . $value);
            $look = substr($encoded, [0, 2, 3][$before], intdiv($length * 8, 6) - [0, 2, 3][$before]);
            array_push($looks, $look, strtr($look, '+/', '-_'));
        }
    }
    return array_filter(array_unique($looks), static fn (string $look): bool => strlen($look) >= 6);
}

/** The text, with a mark in the place of each value of env.php whose name is that of a secret, and of other secrets. */
function without_secrets(string $text, string ...$others): string
{
    static $known = null;
    if ($known === null) {
        $known = [];
        $file = dirname(__DIR__) . '/app/etc/env.php';
        $env = is_file($file) ? require $file : [];
        array_walk_recursive($env, static function (mixed $value, string|int $name) use (&$known): void {
            if (is_string($value) && preg_match('/password|passphrase|^key$|secret|token/i', (string)$name)) {
                // A crypt key may have several lines, a key each.
                array_push($known, $value, ...preg_split('/\s+/', $value));
            }
        });
    }
    $secrets = array_filter(array_unique([...$known, ...$others]), static fn (string $secret): bool => strlen($secret) >= 6);
    $looks = array_unique(array_merge(...array_map(looks_of(...), array_values($secrets))));
    usort($looks, static fn (string $one, string $other): int => strlen($other) <=> strlen($one));
    foreach ($looks as $look) {
        // Magento's console breaks long lines, also within a word.
        $characters = array_map(static fn (string $each): string => preg_quote($each, '~'), str_split($look));
        $text = preg_replace('~' . implode('(?:[ \t\r]*\n\s*)?', $characters) . '~', "\0", $text) ?? "\0";
    }
    // At the end: a secret may be a part of the mark.
    return str_replace("\0", '[secret]', $text);
}

if (realpath($_SERVER['SCRIPT_FILENAME'] ?? '') === __FILE__) {
    echo without_secrets((string)stream_get_contents(STDIN));
}
