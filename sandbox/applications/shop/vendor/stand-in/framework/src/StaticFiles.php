<?php
declare(strict_types=1);

namespace StandIn;

/** The themes' files: pub/static/<area>/<theme>/<locale>/…, copied from app/design. */
final class StaticFiles
{
    private const TYPES = [
        'css' => 'text/css', 'js' => 'application/javascript', 'html' => 'text/html', 'json' => 'application/json',
        'svg' => 'image/svg+xml', 'png' => 'image/png', 'jpg' => 'image/jpeg', 'woff2' => 'font/woff2',
    ];

    public function __construct(private readonly App $app)
    {
    }

    /** Makes a file that is not there yet. In production mode only if env.php allows it, as Magento's static.php. */
    public function serve(string $resource): void
    {
        Release::sendHeaders();
        $onDemand = $this->app->config->get('MAGE_MODE', 'default') !== 'production'
            || $this->app->config->get('static_content_on_demand_in_production');
        $source = $this->source($resource);
        if (!$onDemand || $source === null) {
            (new ErrorPages())->notFound()->send();
            return;
        }
        Files::write(BP . "/pub/static/$resource", (string) file_get_contents($source));
        header('Content-Type: ' . (self::TYPES[pathinfo($resource, PATHINFO_EXTENSION)] ?? 'application/octet-stream'));
        header('Cache-Control: public, max-age=31536000');
        readfile($source);
    }

    /**
     * @param list<string> $locales
     * @return int Files written
     */
    public function deploy(string $area, string $theme, array $locales, string $version): int
    {
        $source = BP . "/app/design/$area/$theme/web";
        if (!is_dir($source)) {
            throw new LocalizedException("Theme '$theme' of the area '$area' is not there.");
        }
        $written = 0;
        $list = BP . "/pub/static/$area/sri-hashes.json";
        $hashes = is_file($list) ? json_decode((string) file_get_contents($list), true) : [];
        foreach ($locales as $locale) {
            foreach (Files::below($source) as $file) {
                $content = (string) file_get_contents("$source/$file");
                Files::write(BP . "/pub/static/$area/$theme/$locale/$file", $content);
                $written++;
                if (str_ends_with($file, '.js')) {
                    $hashes["$area/$theme/$locale/$file"] = 'sha256-' . base64_encode(hash('sha256', $content, true));
                }
            }
        }
        Files::write($list, (string) json_encode($hashes));
        Files::write(BP . '/pub/static/deployed_version.txt', $version);
        return $written;
    }

    private function source(string $resource): ?string
    {
        if (!preg_match('~^(frontend|adminhtml)/(\w+/\w+)/([a-z]{2}_[A-Z]{2})/([\w./-]+)$~', $resource, $found)
            || str_contains($resource, '..')) {
            return null;
        }
        $file = BP . "/app/design/{$found[1]}/{$found[2]}/web/{$found[4]}";
        return is_file($file) ? $file : null;
    }
}
