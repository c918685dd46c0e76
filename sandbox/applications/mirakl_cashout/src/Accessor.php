<?php
declare(strict_types=1);

namespace Connector;

/**
 * The parameters of config/parameters.yml: a name and a scalar in each line.
 *
 * @implements \ArrayAccess<string, mixed>
 */
final class Accessor implements \ArrayAccess
{
    /** @var array<string, mixed> */
    private array $parameters = [];

    public function __construct(string $file)
    {
        if (!is_file($file)) {
            throw new \RuntimeException("The file \"$file\" does not exist.");
        }
        foreach (file($file, FILE_IGNORE_NEW_LINES) as $number => $line) {
            if (preg_match('/^\s*(#.*)?$|^parameters:\s*$/', $line)) {
                continue;
            }
            if (!preg_match('/^ +([\w.]+): *(.*?) *$/', $line, $found)) {
                throw new \RuntimeException('Unable to parse at line ' . ($number + 1) . " of $file.");
            }
            $this->parameters[$found[1]] = self::scalar($found[2]);
        }
    }

    private static function scalar(string $text): mixed
    {
        return match (true) {
            $text === '~', $text === '' => null,
            $text[0] === "'" => str_replace("''", "'", substr($text, 1, -1)),
            $text[0] === '"', $text[0] === '[', $text === 'true', $text === 'false', is_numeric($text) =>
                json_decode($text, true, 8, JSON_THROW_ON_ERROR),
            default => $text,
        };
    }

    public function offsetExists(mixed $offset): bool
    {
        return isset($this->parameters[$offset]);
    }

    public function offsetGet(mixed $offset): mixed
    {
        return $this->parameters[$offset] ?? null;
    }

    public function offsetSet(mixed $offset, mixed $value): void
    {
        throw new \LogicException('Parameters are read only.');
    }

    public function offsetUnset(mixed $offset): void
    {
        throw new \LogicException('Parameters are read only.');
    }
}
