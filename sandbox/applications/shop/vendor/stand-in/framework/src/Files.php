<?php
declare(strict_types=1);

namespace StandIn;

final class Files
{
    public static function ensureDirectory(string $directory): void
    {
        if (!is_dir($directory) && !@mkdir($directory, 0775, true) && !is_dir($directory)) {
            throw new LocalizedException("The path \"$directory\" is not writable.");
        }
    }

    /** Beside its place and then moved: readers see the old file or the new one. */
    public static function write(string $file, string $content): void
    {
        self::ensureDirectory(dirname($file));
        $temporary = $file . '.' . getmypid() . '.new';
        file_put_contents($temporary, $content);
        rename($temporary, $file);
    }

    /** @return list<string> Paths of all files below a directory, relative to it. */
    public static function below(string $directory): array
    {
        if (!is_dir($directory)) {
            return [];
        }
        $files = [];
        $tree = new \RecursiveDirectoryIterator($directory, \FilesystemIterator::SKIP_DOTS);
        foreach (new \RecursiveIteratorIterator($tree) as $file) {
            $files[] = substr((string) $file, strlen($directory) + 1);
        }
        sort($files);
        return $files;
    }

    public static function emptyDirectory(string $directory): void
    {
        foreach (self::below($directory) as $file) {
            if (!str_starts_with(basename($file), '.')) {
                @unlink("$directory/$file");
            }
        }
    }
}
