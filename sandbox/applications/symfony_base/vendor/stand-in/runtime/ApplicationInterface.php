<?php
declare(strict_types=1);

namespace StandIn;

interface ApplicationInterface
{
    public function name(): string;

    /** @return array<string, callable(Database): array{int, array<string, string>, string}> Pattern => status, headers, body */
    public function routes(): array;

    /**
     * @return array<string, array{options: list<string>, execute: callable(Database, list<string>, list<string>): int}>
     *     Name => the options that it knows, and what runs with the database, arguments and options: the exit code
     */
    public function commands(): array;
}
