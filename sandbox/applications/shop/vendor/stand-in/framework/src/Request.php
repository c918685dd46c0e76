<?php
declare(strict_types=1);

namespace StandIn;

final class Request
{
    public readonly string $method;
    public readonly string $path;
    public readonly string $host;
    public readonly string $remoteAddress;
    public bool $isSecure;

    public function __construct()
    {
        $this->method = $_SERVER['REQUEST_METHOD'] ?? 'GET';
        $this->path = rawurldecode((string) parse_url('http://h' . ($_SERVER['REQUEST_URI'] ?? '/'), PHP_URL_PATH));
        $this->host = strtolower($_SERVER['HTTP_HOST'] ?? 'localhost');
        $this->remoteAddress = $_SERVER['REMOTE_ADDR'] ?? '';
        $this->isSecure = in_array(strtolower($_SERVER['HTTPS'] ?? ''), ['on', '1'], true);
    }

    /** The load balancer ends TLS, and says so in this header (web/secure/offloader_header). */
    public function trustOffloader(string $header): void
    {
        $variable = 'HTTP_' . strtoupper(str_replace('-', '_', $header));
        $this->isSecure = $this->isSecure || strtolower($_SERVER[$variable] ?? '') === 'https';
    }

    public function isGet(): bool
    {
        return $this->method === 'GET' || $this->method === 'HEAD';
    }

    public function url(): string
    {
        return ($this->isSecure ? 'https' : 'http') . "://{$this->host}" . ($_SERVER['REQUEST_URI'] ?? '/');
    }

    public function param(string $name, string $default = ''): string
    {
        $value = $_POST[$name] ?? $_GET[$name] ?? $default;
        return is_string($value) ? $value : $default;
    }
}
