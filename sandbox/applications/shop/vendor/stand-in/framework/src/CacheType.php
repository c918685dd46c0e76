<?php
declare(strict_types=1);

namespace StandIn;

/** One type of cache ("config", "full_page"). While cache_types has it off, nothing is kept. */
final class CacheType
{
    public const DEFAULT_LIFETIME = 7200;

    public function __construct(
        private readonly CacheBackend $backend,
        private readonly string $prefix,
        private readonly string $tag,
        public readonly bool $isEnabled
    ) {
    }

    public function load(string $id): ?string
    {
        return $this->isEnabled ? $this->backend->load($this->prefix . strtoupper($id)) : null;
    }

    public function save(string $id, string $data, int $lifetime = self::DEFAULT_LIFETIME): void
    {
        if ($this->isEnabled) {
            $this->backend->save($this->prefix . strtoupper($id), $data, $this->prefix . $this->tag, $lifetime);
        }
    }

    /**
     * @param callable(): array<mixed> $make
     * @return array<mixed>
     */
    public function remember(string $id, callable $make): array
    {
        $cached = $this->load($id);
        if ($cached !== null) {
            return (array) json_decode($cached, true);
        }
        $made = $make();
        $this->save($id, (string) json_encode($made));
        return $made;
    }

    public function clean(): void
    {
        $this->backend->clean($this->prefix . $this->tag);
    }
}
