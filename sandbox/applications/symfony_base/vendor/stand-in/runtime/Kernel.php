<?php
declare(strict_types=1);

namespace StandIn;

/** Answers requests and commands of an application. Its configuration is .env, and .env.local over it, as Symfony's. */
final class Kernel
{
    /** @var array<string, string> */
    private readonly array $environment;

    public function __construct(private readonly string $directory)
    {
        set_error_handler(static fn (int $level, string $message, string $file, int $line) =>
            throw new \ErrorException($message, 0, $level, $file, $line));
        ini_set('display_errors', '0');
        $this->environment = array_merge($this->read('.env'), $this->read('.env.local'));
    }

    public function serve(ApplicationInterface $application): void
    {
        header('X-Release: ' . $this->release());
        header("X-Stand-In: a stand-in for {$application->name()}");
        try {
            [$status, $headers, $body] = $this->answer($application);
        } catch (\Throwable $error) {
            error_log((string) $error);
            [$status, $headers, $body] = [500, [], '<h1>Oops! An Error Occurred</h1>'];
        }
        http_response_code($status);
        foreach ($headers as $name => $value) {
            header("$name: $value");
        }
        $isText = ($headers['Content-Type'] ?? '') === 'application/json';
        echo $isText ? $body : "$body\n<footer>This is a stand-in for {$application->name()}.</footer>\n";
    }

    /** @return array{int, array<string, string>, string} */
    private function answer(ApplicationInterface $application): array
    {
        $path = (string) parse_url('http://h' . $_SERVER['REQUEST_URI'], PHP_URL_PATH);
        foreach ($application->routes() as $pattern => $controller) {
            if (preg_match("~^$pattern$~", "{$_SERVER['REQUEST_METHOD']} $path")) {
                return $controller(Database::fromEnvironment($this->environment));
            }
        }
        return [404, [], '<h1>404 Not Found</h1>'];
    }

    /** @param list<string> $words */
    public function run(ApplicationInterface $application, array $words): int
    {
        $options = array_values(array_filter($words, static fn (string $word): bool => str_starts_with($word, '-')));
        $arguments = array_values(array_diff($words, $options));
        $commands = $application->commands();
        $name = array_shift($arguments);
        if ($name === null) {
            echo "A stand-in for {$application->name()}\n\n  ", implode("\n  ", array_keys($commands)), "\n";
            return 0;
        }
        try {
            $command = $commands[$name] ?? throw new \RuntimeException("Command \"$name\" is not defined.");
            foreach ($options as $option) {
                $known = [...$command['options'], '--no-interaction', '-n', '--quiet', '-q', '-v', '-vv', '-vvv', '--env', '--no-debug'];
                if (!in_array(explode('=', $option)[0], $known, true)) {
                    throw new \RuntimeException("The \"$option\" option does not exist.");
                }
            }
            return ($command['execute'])(Database::fromEnvironment($this->environment), $arguments, $options);
        } catch (\Throwable $error) {
            fwrite(STDERR, "\n  {$error->getMessage()}\n\n");
            return 1;
        }
    }

    private function release(): string
    {
        $file = "{$this->directory}/.platform/release.env";
        $text = is_file($file) ? (string) file_get_contents($file) : '';
        return preg_match('/^RELEASE=([A-Za-z0-9_-]{1,40})$/m', $text, $found) ? $found[1] : 'unknown';
    }

    /** @return array<string, string> NAME=value lines: plain, or in single or double quotes. */
    private function read(string $file): array
    {
        $values = [];
        $text = is_file("{$this->directory}/$file") ? (string) file_get_contents("{$this->directory}/$file") : '';
        preg_match_all('/^([A-Z_]+)=(?:\'([^\']*)\'|"((?:[^"\\\\]|\\\\.)*)"|([^\s#]*))\s*(?:#.*)?$/m', $text, $lines, PREG_SET_ORDER);
        foreach ($lines as $line) {
            $values[$line[1]] = $line[2] . stripslashes($line[3] ?? '') . ($line[4] ?? '');
        }
        return $values;
    }
}
