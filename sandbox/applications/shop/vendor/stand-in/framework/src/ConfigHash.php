<?php
declare(strict_types=1);

namespace StandIn;

/**
 * Whether app:config:import must run: the hash of each imported section of config.php and env.php against the one that
 * the last import left in the table "flag" (Magento_Deploy, ChangeDetector).
 */
final class ConfigHash
{
    private const SECTIONS = ['scopes', 'themes', 'system'];

    public function __construct(private readonly DeploymentConfig $config, private readonly Database $database)
    {
    }

    public function hasChanges(): bool
    {
        $saved = $this->saved();
        foreach (self::SECTIONS as $section) {
            $config = $this->config->get($section);
            if ($config === null) {
                continue;
            }
            $before = $saved[$section] ?? null;
            $now = empty($config) && !$before ? null : self::of($config);
            if ($now !== $before) {
                return true;
            }
        }
        return false;
    }

    /** @return bool Whether anything was imported. Stores that are not among the scopes are deleted, and nobody is asked. */
    public function import(): bool
    {
        if (!$this->hasChanges()) {
            return false;
        }
        $stores = array_column((array) $this->config->get('scopes/stores', []), 'code');
        if ($stores !== []) {
            $marks = implode(', ', array_fill(0, count($stores), '?'));
            $this->database->run("DELETE FROM {store} WHERE code NOT IN ($marks)", ...$stores);
        }
        $hashes = [];
        foreach (self::SECTIONS as $section) {
            if (!empty($this->config->get($section))) {
                $hashes[$section] = self::of($this->config->get($section));
            }
        }
        $this->database->run(
            'INSERT INTO {flag} (flag_code, flag_data) VALUES (?, ?) ON DUPLICATE KEY UPDATE flag_data = VALUES(flag_data)',
            'config_hash',
            json_encode($hashes)
        );
        return true;
    }

    /** @return array<string, string> */
    private function saved(): array
    {
        if (!$this->database->hasTable('flag')) {
            return [];
        }
        $data = $this->database->value('SELECT flag_data FROM {flag} WHERE flag_code = ?', 'config_hash');
        return $data === null ? [] : (array) json_decode((string) $data, true);
    }

    private static function of(mixed $config): string
    {
        return sha1((string) json_encode($config));
    }
}
