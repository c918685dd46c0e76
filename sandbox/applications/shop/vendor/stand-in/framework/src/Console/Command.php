<?php
declare(strict_types=1);

namespace StandIn\Console;

final class Command
{
    public const SUCCESS = 0;
    public const FAILURE = 1;

    /**
     * @param \Closure(Input): int $execute Answers the exit code
     * @param array<string, string> $options Name => "flag", "value" (needs one), "optional" or "list"
     * @param array<string, string> $arguments Name => "required", "optional" or "list"
     */
    public function __construct(
        public readonly string $name,
        public readonly string $description,
        public readonly \Closure $execute,
        public readonly array $options = [],
        public readonly array $arguments = []
    ) {
    }
}
