<?php
declare(strict_types=1);

namespace StandIn;

/** The shop's addresses, from the base URLs of its settings. */
final class Urls
{
    public function __construct(
        private readonly ScopeConfig $settings,
        private readonly DeploymentConfig $config,
        private readonly Request $request
    ) {
    }

    public function base(?bool $secure = null): string
    {
        $section = ($secure ?? $this->request->isSecure) ? 'secure' : 'unsecure';
        $url = (string) $this->settings->value("web/$section/base_url");
        $own = ($this->request->isSecure ? 'https' : 'http') . "://{$this->request->host}/";
        return $url === '{{base_url}}' || $url === '' ? $own : $url;
    }

    public function to(string $path): string
    {
        return $this->base() . ltrim($path, '/');
    }

    /** With the version in its path (dev/static/sign), so that caches ask anew after each deployment of statics. */
    public function staticFile(string $path): string
    {
        $version = BP . '/pub/static/deployed_version.txt';
        $signed = $this->settings->isSet('dev/static/sign') && is_file($version);
        return $this->typed('static') . ($signed ? 'version' . trim((string) file_get_contents($version)) . '/' : '') . $path;
    }

    public function media(string $path): string
    {
        return $this->typed('media') . $path;
    }

    private function typed(string $type): string
    {
        $section = $this->request->isSecure ? 'secure' : 'unsecure';
        $url = (string) $this->settings->value("web/$section/base_{$type}_url");
        if ($url !== '') {
            return $url;
        }
        return $this->base() . ($this->config->get('directories/document_root_is_pub') ? '' : 'pub/') . "$type/";
    }
}
