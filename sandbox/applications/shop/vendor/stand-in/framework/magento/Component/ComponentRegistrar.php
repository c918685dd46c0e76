<?php
declare(strict_types=1);

namespace Magento\Framework\Component;

/** Where the modules are, asked as Magento's own registrar is asked. */
final class ComponentRegistrar
{
    public const MODULE = 'module';

    /** @return array<string, string> The names of components of a type, and their directories. */
    public function getPaths(string $type): array
    {
        $paths = [];
        foreach ($type === self::MODULE ? glob(dirname(__DIR__, 5) . '/app/code/*/*/etc/module.xml') ?: [] : [] as $file) {
            $paths[(string) simplexml_load_file($file)->module['name']] = dirname($file, 2);
        }
        return $paths;
    }
}
