<?php
declare(strict_types=1);

namespace StandIn;

final class Redis
{
    /** @param array<string, mixed> $options host (tls:// for TLS), port, password, database, timeout */
    public static function connect(array $options): \Redis
    {
        $host = (string) $options['host'];
        $redis = new \Redis();
        $connected = str_contains($host, '/') && !str_contains($host, '://')
            ? $redis->connect($host)
            : $redis->connect($host, (int) ($options['port'] ?? 6379), (float) ($options['timeout'] ?? 2.5));
        if (!$connected) {
            throw new \RedisException("Connection to Redis $host failed");
        }
        if ((string) ($options['password'] ?? '') !== '') {
            $redis->auth((string) $options['password']);
        }
        $redis->select((int) ($options['database'] ?? 0));
        return $redis;
    }
}
