<?php
declare(strict_types=1);

namespace StandIn;

/** The cache types, each in the storage that env.php's "cache" names for it. */
final class CachePool
{
    /** Type => label and tag, as Magento's modules declare them. */
    public const TYPES = [
        'config' => ['Configuration', 'CONFIG'],
        'layout' => ['Layouts', 'LAYOUT_GENERAL_CACHE_TAG'],
        'block_html' => ['Blocks HTML output', 'BLOCK_HTML'],
        'collections' => ['Collections Data', 'COLLECTION_DATA'],
        'reflection' => ['Reflection Data', 'REFLECTION'],
        'db_ddl' => ['Database DDL operations', 'DB_DDL'],
        'compiled_config' => ['Compiled Config', 'COMPILED_CONFIG'],
        'eav' => ['EAV types and attributes', 'EAV'],
        'customer_notification' => ['Customer Notification', 'CUSTOMER_NOTIFICATION'],
        'config_integration' => ['Integrations Configuration', 'INTEGRATION'],
        'config_integration_api' => ['Integrations API Configuration', 'INTEGRATION_API_CONFIG'],
        'full_page' => ['Page Cache', 'FPC'],
        'config_webservice' => ['Web Services Configuration', 'WEBSERVICE'],
        'translate' => ['Translations', 'TRANSLATE'],
    ];
    /** What may stand at "backend" (Adobe, "Cache backend options and storage reference"). */
    private const LEGACY_REDIS = [
        'magento\framework\cache\backend\redis',
        'magento\framework\cache\backend\valkey',
        'cm_cache_backend_redis',
    ];
    private const SYMFONY_REDIS = ['redis', 'valkey'];
    private const SYMFONY_TWO_LEVELS = ['symfony_l2', 'l2_symfony', 'symfony_l2_cache'];

    /** @var array<string, CacheBackend> */
    private array $backends = [];

    public function __construct(private readonly DeploymentConfig $config)
    {
    }

    public function type(string $type): CacheType
    {
        $frontend = $this->frontendOf($type);
        return new CacheType(
            $this->backend($frontend),
            $this->prefix($frontend),
            self::TYPES[$type][1],
            $this->isEnabled($type)
        );
    }

    public function isEnabled(string $type): bool
    {
        return (bool) $this->config->get("cache_types/$type", 0);
    }

    /** @return list<string> */
    public function frontends(): array
    {
        return array_keys($this->config->get('cache/frontend', []) + ['default' => [], 'page_cache' => []]);
    }

    public function backend(string $frontend): CacheBackend
    {
        return $this->backends[$frontend] ??= $this->create($frontend);
    }

    private function frontendOf(string $type): string
    {
        $default = $type === 'full_page' ? 'page_cache' : 'default';
        return (string) $this->config->get("cache/type/$type/frontend", $default);
    }

    /** Without an id_prefix: three digits of the hash of this release's path of app/etc. */
    private function prefix(string $frontend): string
    {
        $configured = (string) $this->config->get("cache/frontend/$frontend/id_prefix", '');
        return $configured !== '' ? $configured : substr(md5(BP . '/app/etc/'), 0, 3) . '_';
    }

    /** A backend that this version of Magento does not know is replaced by files, without a word. */
    private function create(string $frontend): CacheBackend
    {
        $name = strtolower(ltrim((string) $this->config->get("cache/frontend/$frontend/backend", ''), '\\'));
        $options = (array) $this->config->get("cache/frontend/$frontend/backend_options", []);
        $isSymfony = version_compare(Release::magento(), '2.4.9', '>=');
        $files = new FileCacheBackend(BP . '/var/' . ($frontend === 'page_cache' ? 'page_cache' : 'cache'));
        if ($isSymfony && in_array($name, self::SYMFONY_TWO_LEVELS, true)) {
            return $this->symfony((array) ($options['remote_backend_options'] ?? [])) ?? $files;
        }
        if ($isSymfony && in_array($name, self::SYMFONY_REDIS, true)) {
            return $this->symfony($options) ?? $files;
        }
        return !$isSymfony && in_array($name, self::LEGACY_REDIS, true) ? new RedisCacheBackend($options) : $files;
    }

    /**
     * Magento 2.4.9 puts the server's name behind "redis://" (SymfonyAdapterProvider): with "tls://cache", Symfony asks a host
     * named "tls". Whatever keeps it from connecting, files take the place, without a word.
     *
     * @param array<string, mixed> $options
     */
    private function symfony(array $options): ?RedisCacheBackend
    {
        $server = (string) ($options['server'] ?? '127.0.0.1');
        $backend = new RedisCacheBackend(['server' => explode('://', $server)[0]] + $options);
        try {
            $backend->load('test_cache_id');
        } catch (\Exception) {
            return null;
        }
        return $backend;
    }
}
