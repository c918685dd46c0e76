<?php
declare(strict_types=1);

namespace StandIn;

interface CacheBackend
{
    public function load(string $id): ?string;

    public function save(string $id, string $data, string $tag, int $lifetime): void;

    /** Removes what was saved with the tag. */
    public function clean(string $tag): void;

    /** Removes everything in this storage, whoever wrote it. */
    public function flush(): void;
}
