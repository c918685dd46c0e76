<?php
declare(strict_types=1);

namespace StandIn\Console;

use StandIn\LocalizedException;

/** A command line, held against what the command knows: what it does not know is an error, as Symfony has it. */
final class Input
{
    private const GLOBAL = [
        'help' => 'flag', 'quiet' => 'flag', 'verbose' => 'flag', 'version' => 'flag', 'ansi' => 'flag',
        'no-ansi' => 'flag', 'no-interaction' => 'flag', 'magento-init-params' => 'value',
    ];
    private const SHORT = ['n' => 'no-interaction', 'q' => 'quiet', 'v' => 'verbose', 'h' => 'help', 'V' => 'version', 'f' => 'force', 'j' => 'jobs', 'a' => 'area', 't' => 'theme', 'l' => 'language', 's' => 'strategy'];

    /** @var array<string, list<string>> */
    private array $options = [];
    /** @var array<string, string|list<string>> */
    private array $arguments = [];

    /** @param list<string> $words */
    public function __construct(Command $command, array $words)
    {
        $known = $command->options + self::GLOBAL;
        $plain = [];
        while ($words !== []) {
            $word = array_shift($words);
            if (preg_match('/^-([a-zA-Z])(.*)$/', $word, $found)) {
                $name = self::SHORT[$found[1]] ?? null;
                if ($name === null || !isset($known[$name])) {
                    throw new LocalizedException("The \"-{$found[1]}\" option does not exist.");
                }
                $rest = $known[$name] === 'flag' ? '' : $found[2];
                array_unshift($words, "--$name" . ($rest === '' ? '' : "=$rest"));
                continue;
            }
            if (!str_starts_with($word, '--') || $word === '--') {
                $plain[] = $word;
                continue;
            }
            [$name, $value] = explode('=', substr($word, 2), 2) + [1 => null];
            $kind = $known[$name] ?? throw new LocalizedException("The \"--$name\" option does not exist.");
            if ($kind === 'flag' && $value !== null) {
                throw new LocalizedException("The \"--$name\" option does not accept a value.");
            }
            if ($value === null && in_array($kind, ['value', 'list'], true)) {
                $value = array_shift($words) ?? throw new LocalizedException("The \"--$name\" option requires a value.");
            }
            $this->options[$name][] = $value ?? '1';
        }
        foreach ($command->arguments as $name => $kind) {
            if ($kind === 'list') {
                $this->arguments[$name] = $plain;
                $plain = [];
            } elseif ($plain !== []) {
                $this->arguments[$name] = array_shift($plain);
            } elseif ($kind === 'required') {
                throw new LocalizedException("Not enough arguments (missing: \"$name\").");
            }
        }
        if ($plain !== []) {
            throw new LocalizedException("Too many arguments to \"{$command->name}\" command.");
        }
    }

    public function has(string $option): bool
    {
        return isset($this->options[$option]);
    }

    public function option(string $name): ?string
    {
        return isset($this->options[$name]) ? end($this->options[$name]) : null;
    }

    /** @return list<string> */
    public function options(string $name): array
    {
        return $this->options[$name] ?? [];
    }

    public function argument(string $name): ?string
    {
        $value = $this->arguments[$name] ?? null;
        return is_string($value) ? $value : null;
    }

    /** @return list<string> */
    public function arguments(string $name): array
    {
        return (array) ($this->arguments[$name] ?? []);
    }
}
