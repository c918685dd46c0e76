<?php
declare(strict_types=1);

namespace StandIn;

/** Files of this host below a directory of var/, a folder for each tag. */
final class FileCacheBackend implements CacheBackend
{
    public function __construct(private readonly string $directory)
    {
    }

    public function load(string $id): ?string
    {
        foreach (glob("{$this->directory}/*/" . sha1($id)) ?: [] as $file) {
            [$expires, $data] = explode("\n", (string) @file_get_contents($file), 2) + [1 => ''];
            if ((int) $expires > time()) {
                return $data;
            }
        }
        return null;
    }

    public function save(string $id, string $data, string $tag, int $lifetime): void
    {
        Files::write("{$this->directory}/$tag/" . sha1($id), (time() + $lifetime) . "\n$data");
    }

    public function clean(string $tag): void
    {
        Files::emptyDirectory("{$this->directory}/$tag");
    }

    public function flush(): void
    {
        Files::emptyDirectory($this->directory);
    }
}
