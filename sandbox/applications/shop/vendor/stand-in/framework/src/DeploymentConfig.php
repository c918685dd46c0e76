<?php
declare(strict_types=1);

namespace StandIn;

/** What app/etc/config.php and app/etc/env.php say; env.php wins. */
final class DeploymentConfig
{
    public const ENV = BP . '/app/etc/env.php';
    public const CONFIG = BP . '/app/etc/config.php';

    /** @var array<string, mixed>|null */
    private ?array $data = null;

    /** The value at a path such as "cache/frontend/default", or the default. */
    public function get(string $path, mixed $default = null): mixed
    {
        $value = $this->all();
        foreach (explode('/', $path) as $key) {
            if (!is_array($value) || !array_key_exists($key, $value)) {
                return $default;
            }
            $value = $value[$key];
        }
        return $value ?? $default;
    }

    /** Magento's own question for "is it installed": DeploymentConfig::isAvailable(). */
    public function isAvailable(): bool
    {
        return $this->get('install/date') !== null;
    }

    /** @return array<string, mixed> */
    public function all(): array
    {
        return $this->data ??= array_replace_recursive(self::read(self::CONFIG), self::read(self::ENV));
    }

    /** @return array<string, mixed> */
    public static function read(string $file): array
    {
        if (!is_file($file)) {
            return [];
        }
        try {
            $data = include $file;
        } catch (\ParseError $error) {
            throw new LocalizedException("The file \"$file\" is corrupted: {$error->getMessage()}");
        }
        if (!is_array($data)) {
            throw new LocalizedException('Invalid configuration file: ' . basename($file));
        }
        return $data;
    }

    /** @param array<string, mixed> $data */
    public function write(string $file, array $data): void
    {
        $written = @file_put_contents("$file.new", "<?php\nreturn " . var_export($data, true) . ";\n");
        if ($written === false || !@rename("$file.new", $file)) {
            throw new LocalizedException('Deployment config file ' . basename($file) . ' is not writable.');
        }
        if (function_exists('opcache_invalidate')) {
            opcache_invalidate($file, true);
        }
        $this->data = null;
    }
}
