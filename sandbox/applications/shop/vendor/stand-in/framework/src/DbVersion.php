<?php
declare(strict_types=1);

namespace StandIn;

/** Compares setup_module with each module.xml's setup_version. */
final class DbVersion
{
    public function __construct(private readonly Modules $modules, private readonly Database $database)
    {
    }

    /** @return list<array{module: string, type: string, current: string, required: string}> */
    public function errors(): array
    {
        $stored = [];
        if ($this->database->hasTable('setup_module')) {
            foreach ($this->database->rows('SELECT * FROM {setup_module}') as $row) {
                $stored[$row['module']] = $row;
            }
        }
        $errors = [];
        foreach ($this->modules->versions() as $module => $required) {
            foreach (['schema', 'data'] as $type) {
                $current = (string) ($stored[$module]["{$type}_version"] ?? '') ?: 'none';
                if ($current !== $required) {
                    $errors[] = compact('module', 'type', 'current', 'required');
                }
            }
        }
        return $errors;
    }

    /** What a page says while code and database differ (Magento's DbStatusValidator), or nothing. */
    public function complaint(): ?string
    {
        $errors = $this->errors();
        $newer = array_filter($errors, static fn (array $error): bool => $error['current'] !== 'none'
            && version_compare($error['current'], $error['required'], '>'));
        if ($newer !== []) {
            return "Please update your modules: Run \"composer install\" from the Magento root directory.\n"
                . "The following modules are outdated:\n" . self::lines($newer);
        }
        if ($errors !== []) {
            return "Please upgrade your database: Run \"bin/magento setup:upgrade\" from the Magento root directory.\n"
                . "The following modules are outdated:\n" . self::lines($errors);
        }
        return null;
    }

    /** @param array<array{module: string, type: string, current: string, required: string}> $errors */
    private static function lines(array $errors): string
    {
        return implode("\n", array_map(
            static fn (array $error): string =>
                "{$error['module']} {$error['type']}: current version - {$error['current']}, required version - {$error['required']}",
            $errors
        ));
    }
}
