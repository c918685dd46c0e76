<?php
// How scrub_copy.php and load_copy.php read the list of tables and settings.
declare(strict_types=1);

// What Magento's encryptor writes: <number of the key>:<cipher>:<text>. Another stack has another key.
const ENCRYPTED = '/^\d+:\d+:/';

/** What the list says of a table: by its name, or else by the pattern with the most letters. Null: nothing. */
function rule_of(string $table, array $rules): string|array|null
{
    $found = $rules[$table] ?? null;
    $most = -1;
    foreach (isset($rules[$table]) ? [] : $rules as $pattern => $rule) {
        $letters = strlen(str_replace('*', '', $pattern));
        if ($letters > $most && fnmatch($pattern, $table)) {
            [$found, $most] = [$rule, $letters];
        }
    }
    return $found;
}

function matches(string $path, array $patterns): bool
{
    return array_filter($patterns, static fn (string $pattern): bool => fnmatch($pattern, $path)) !== [];
}

function name(string $of): string
{
    return '`' . str_replace('`', '``', $of) . '`';
}
