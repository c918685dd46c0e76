<?php
declare(strict_types=1);

namespace StandIn;

/** The frame of every page: title, the theme's style sheet, and that this is a stand-in. */
final class Page
{
    public function __construct(private readonly App $app)
    {
    }

    public function html(string $title, string $body, string $theme = 'frontend/Client/dlm/fr_FR'): string
    {
        $release = self::text(Release::name());
        $magento = self::text(Release::magento());
        $css = self::text($this->app->urls->staticFile("$theme/css/styles.css"));
        $script = self::text($this->app->urls->staticFile("$theme/requirejs-config.js"));
        $made = date('H:i:s') . '.' . substr((string) hrtime(true), -9);
        return <<<HTML
            <!doctype html>
            <html lang="fr"><head><title>{$title}</title><link rel="stylesheet" href="{$css}"><script src="{$script}"></script></head>
            <body><header>This is a stand-in for a Magento {$magento} shop. Release {$release}, made at {$made}.</header>
            <main>{$body}</main></body></html>

            HTML;
    }

    public static function text(string $text): string
    {
        return htmlspecialchars($text, ENT_QUOTES);
    }
}
