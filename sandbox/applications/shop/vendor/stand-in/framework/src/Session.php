<?php
declare(strict_types=1);

namespace StandIn;

/**
 * Sessions where env.php's "session" says: Redis ("redis", from 2.4.9 on "valkey" too; the options are below "redis" in any
 * case), or else files. In Redis as Cm_RedisSession keeps them, with its lock: one request of a
 * session at a time, unless disable_locking is set.
 */
final class Session implements \SessionHandlerInterface
{
    /** Seconds after which a lock is broken (Magento's default of break_after_frontend). */
    private const BREAK_AFTER = 5.0;

    private ?\Redis $redis = null;
    private bool $holdsLock = false;

    /** @param array<string, mixed> $options env.php's session/redis */
    private function __construct(private readonly array $options, private readonly int $lifetime)
    {
    }

    public static function start(DeploymentConfig $config, ScopeConfig $settings, Request $request, string $name): void
    {
        if (session_status() === PHP_SESSION_ACTIVE) {
            return;
        }
        $lifetime = (int) $settings->value('web/cookie/cookie_lifetime');
        $isValkeyKnown = version_compare(Release::magento(), '2.4.9', '>=');
        if (in_array($config->get('session/save'), ['redis', ...($isValkeyKnown ? ['valkey'] : [])], true)) {
            session_set_save_handler(new self((array) $config->get('session/redis', []), $lifetime), true);
        } else {
            Files::ensureDirectory(BP . '/var/session');
            session_save_path(BP . '/var/session');
        }
        session_name($name);
        session_set_cookie_params([
            'lifetime' => $lifetime,
            'path' => $settings->value('web/cookie/cookie_path') ?: '/',
            'domain' => (string) $settings->value('web/cookie/cookie_domain'),
            'secure' => $request->isSecure,
            'httponly' => true,
            'samesite' => 'Lax',
        ]);
        session_cache_limiter('');
        session_start();
    }

    public function open(string $path, string $name): bool
    {
        $this->redis = Redis::connect($this->options);
        return true;
    }

    public function read(string $id): string
    {
        if (!(int) ($this->options['disable_locking'] ?? 0)) {
            $until = microtime(true) + (float) ($this->options['break_after_frontend'] ?? self::BREAK_AFTER);
            while ($this->redis->hIncrBy("sess_$id", 'lock', 1) > 1 && microtime(true) < $until) {
                usleep(20_000);
            }
            $this->holdsLock = true;
            $this->redis->expire("sess_$id", $this->lifetime);
        }
        return (string) $this->redis->hGet("sess_$id", 'data');
    }

    public function write(string $id, string $data): bool
    {
        $this->redis->multi()->hSet("sess_$id", 'data', $data)->hDel("sess_$id", 'lock')
            ->expire("sess_$id", $this->lifetime)->exec();
        $this->holdsLock = false;
        return true;
    }

    public function close(): bool
    {
        if ($this->holdsLock) {
            $this->redis->hDel('sess_' . session_id(), 'lock');
        }
        $this->redis->close();
        return true;
    }

    public function destroy(string $id): bool
    {
        $this->redis->del("sess_$id");
        $this->holdsLock = false;
        return true;
    }

    public function gc(int $max_lifetime): int
    {
        return 0;
    }
}
