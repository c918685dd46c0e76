<?php
declare(strict_types=1);

namespace StandIn;

/** The modules that app/etc/config.php enables, in its order. */
final class Modules
{
    public function __construct(private readonly DeploymentConfig $config)
    {
    }

    /** @return list<string> */
    public function names(): array
    {
        $modules = DeploymentConfig::read(DeploymentConfig::CONFIG)['modules'] ?? [];
        return array_keys(array_filter($modules));
    }

    /** @return list<string> Modules whose files are there, whether they are enabled or not. */
    public static function present(): array
    {
        return array_map(
            static fn (string $file): string => (string) Xml::load($file)->module['name'],
            glob(BP . '/app/code/*/*/etc/module.xml') ?: []
        );
    }

    /** @return array<string, string> Name => setup_version. A module without a version has none. */
    public function versions(): array
    {
        $versions = [];
        foreach ($this->names() as $name) {
            $version = (string) Xml::load($this->file($name, 'etc/module.xml'))->module['setup_version'];
            if ($version !== '') {
                $versions[$name] = $version;
            }
        }
        return $versions;
    }

    /** @return array<string, string> Name => path of that file, for the modules that have it. */
    public function files(string $file): array
    {
        $found = [];
        foreach ($this->names() as $name) {
            if (is_file($this->file($name, $file))) {
                $found[$name] = $this->file($name, $file);
            }
        }
        return $found;
    }

    /** @return list<class-string<DataPatch>> The data patches of all modules, by module and then by name. */
    public function dataPatches(): array
    {
        $classes = [];
        foreach ($this->names() as $name) {
            foreach (glob($this->file($name, 'Setup/Patch/Data') . '/*.php') ?: [] as $file) {
                $classes[] = str_replace('_', '\\', $name) . '\\Setup\\Patch\\Data\\' . basename($file, '.php');
            }
        }
        return $classes;
    }

    private function file(string $module, string $file): string
    {
        return BP . '/app/code/' . str_replace('_', '/', $module) . "/$file";
    }
}
