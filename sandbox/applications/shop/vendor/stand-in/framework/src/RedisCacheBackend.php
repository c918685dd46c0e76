<?php
declare(strict_types=1);

namespace StandIn;

/** Cm_Cache_Backend_Redis in small: zc:k:ID holds an entry, zc:ti:TAG the ids with that tag. */
final class RedisCacheBackend implements CacheBackend
{
    private ?\Redis $redis = null;

    /** @param array<string, mixed> $options */
    public function __construct(private readonly array $options)
    {
    }

    public function load(string $id): ?string
    {
        $data = $this->redis()->get("zc:k:$id");
        return $data === false ? null : (string) $data;
    }

    public function save(string $id, string $data, string $tag, int $lifetime): void
    {
        $this->redis()->multi()->setex("zc:k:$id", $lifetime, $data)->sAdd("zc:ti:$tag", $id)->exec();
    }

    public function clean(string $tag): void
    {
        $keys = array_map(static fn (string $id): string => "zc:k:$id", $this->redis()->sMembers("zc:ti:$tag"));
        $this->redis()->del([...$keys, "zc:ti:$tag"]);
    }

    public function flush(): void
    {
        $this->redis()->flushDB();
    }

    private function redis(): \Redis
    {
        return $this->redis ??= Redis::connect(['host' => $this->options['server'] ?? '127.0.0.1'] + $this->options);
    }
}
