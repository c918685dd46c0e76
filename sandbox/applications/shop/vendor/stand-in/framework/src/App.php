<?php
declare(strict_types=1);

namespace StandIn;

/** What is shared by everything that runs: configuration, database, caches, settings. */
final class App
{
    public readonly DeploymentConfig $config;
    public readonly Database $database;
    public readonly CachePool $cache;
    public readonly Modules $modules;
    public readonly ScopeConfig $settings;
    public readonly Request $request;
    public readonly Urls $urls;

    public function __construct()
    {
        $this->config = new DeploymentConfig();
        $this->database = Database::configured($this->config);
        $this->cache = new CachePool($this->config);
        $this->modules = new Modules($this->config);
        $this->settings = new ScopeConfig($this->config, $this->database, $this->cache);
        $this->request = new Request();
        $this->urls = new Urls($this->settings, $this->config, $this->request);
    }

    public function page(string $title, string $body): string
    {
        return (new Page($this))->html($title, $body);
    }

    public function session(string $name = 'PHPSESSID'): void
    {
        Session::start($this->config, $this->settings, $this->request, $name);
    }
}
