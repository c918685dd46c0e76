<?php
declare(strict_types=1);

namespace StandIn;

/** The pages of pub/errors, which need neither database nor caches. */
final class ErrorPages
{
    public function maintenance(): Response
    {
        return new Response($this->template('503'), 503);
    }

    public function notFound(): Response
    {
        return new Response($this->template('404'), 404);
    }

    public function report(\Throwable $error): void
    {
        $number = sprintf('%u', crc32($error->getMessage() . microtime()));
        try {
            Files::write(BP . "/var/report/$number", (string) json_encode(['0' => $error->getMessage(), '1' => (string) $error]));
        } catch (\Throwable) {
            // The page must be answered on a full disk too.
        }
        if (!headers_sent()) {
            (new Response($this->template('report', ['number' => $number]), 500))->send();
        }
    }

    /** @param array<string, string> $values */
    private function template(string $name, array $values = []): string
    {
        ob_start();
        extract($values);
        require BP . "/pub/errors/default/$name.phtml";
        return (string) ob_get_clean();
    }
}
