<?php
declare(strict_types=1);

namespace StandIn;

/** A store's settings: env.php's and config.php's "system" first, then core_config_data, then the default. */
final class ScopeConfig
{
    private const DEFAULTS = [
        'web/unsecure/base_url' => '{{base_url}}',
        'web/secure/base_url' => '{{base_url}}',
        'web/secure/use_in_frontend' => '0',
        'web/secure/use_in_adminhtml' => '0',
        'web/secure/offloader_header' => 'X-Forwarded-Proto',
        'web/url/redirect_to_base' => '1',
        'web/cookie/cookie_lifetime' => '3600',
        'web/cookie/cookie_path' => '/',
        'dev/static/sign' => '1',
        'system/full_page_cache/ttl' => '86400',
        'general/store_information/name' => 'Boutique',
    ];

    /** @var array<string, string>|null */
    private ?array $stored = null;

    public function __construct(
        private readonly DeploymentConfig $config,
        private readonly Database $database,
        private readonly CachePool $cache
    ) {
    }

    public function value(string $path): ?string
    {
        foreach (["system/stores/default/$path", "system/websites/base/$path", "system/default/$path"] as $place) {
            $value = $this->config->get($place);
            if ($value !== null && !is_array($value)) {
                return (string) $value;
            }
        }
        return $this->stored()[$path] ?? self::DEFAULTS[$path] ?? null;
    }

    public function isSet(string $path): bool
    {
        return (bool) $this->value($path);
    }

    /** @return array<string, string> */
    private function stored(): array
    {
        if ($this->stored === null) {
            $this->stored = $this->cache->type('config')->remember(
                'system_default',
                fn (): array => array_column(
                    $this->database->rows('SELECT path, value FROM {core_config_data} WHERE scope = ?', 'default'),
                    'value',
                    'path'
                )
            );
        }
        return $this->stored;
    }
}
