<?php
declare(strict_types=1);

namespace StandIn;

/**
 * Answers a request of pub/index.php in Magento's order: maintenance, "is it installed", the page cache, whether database
 * and configuration are those of this code, the base URL, and then the module's controller.
 */
final class FrontController
{
    private App $app;

    public function run(): void
    {
        try {
            $this->app = new App();
            $response = $this->answer();
            header('Cache-Control: max-age=0, must-revalidate, no-cache, no-store');
            header('X-Frame-Options: ' . $this->app->config->get('x-frame-options', 'SAMEORIGIN'));
            $response->send();
        } catch (\Throwable $error) {
            Log::error($error);
            while (ob_get_level() > 0) {
                ob_end_clean();
            }
            (new ErrorPages())->report($error);
        }
    }

    private function answer(): Response
    {
        $app = $this->app;
        if ((new Maintenance())->isOn($app->request->remoteAddress)) {
            Log::error('Unable to proceed: the maintenance mode is enabled. ');
            return (new ErrorPages())->maintenance();
        }
        if (!$app->config->isAvailable()) {
            Log::error('Error: Application is not installed yet. ');
            // Magento sends the browser to its setup while the directory of it is there.
            return is_dir(BP . '/setup') ? Response::redirect('/setup/') : throw new LocalizedException(
                'Error: Application is not installed yet. '
            );
        }
        $app->request->trustOffloader((string) $app->config->get(
            'system/default/web/secure/offloader_header',
            'X-Forwarded-Proto'
        ));
        $key = $this->pageKey();
        $pages = $app->cache->type('full_page');
        $cached = $app->request->isGet() ? $pages->load($key) : null;
        if ($cached !== null) {
            $page = json_decode($cached, true);
            return new Response($page['body'], $page['status'], $page['headers']);
        }
        $this->assertSameVersions();
        $response = $this->redirectToBase() ?? $this->dispatch();
        if ($response->isCacheable && $app->request->isGet() && $pages->isEnabled) {
            $lifetime = (int) $app->settings->value('system/full_page_cache/ttl');
            $page = ['body' => $response->body, 'status' => $response->status, 'headers' => $response->headers];
            $pages->save($key, (string) json_encode($page), $lifetime);
        }
        return $response;
    }

    private function pageKey(): string
    {
        return sha1($this->app->request->url() . '|' . ($_COOKIE['X-Magento-Vary'] ?? ''));
    }

    private function assertSameVersions(): void
    {
        $app = $this->app;
        if ($app->config->get('deployment/blue_green/enabled')) {
            return;
        }
        $cache = $app->cache->type('config');
        if ($cache->load('db_is_up_to_date') === null) {
            $complaint = (new DbVersion($app->modules, $app->database))->complaint();
            if ($complaint !== null) {
                throw new LocalizedException($complaint);
            }
            $cache->save('db_is_up_to_date', 'true');
        }
        if ((new ConfigHash($app->config, $app->database))->hasChanges()) {
            throw new LocalizedException(
                'The configuration file has changed. Run the "app:config:import" or the "setup:upgrade" command to'
                . ' synchronize the configuration.'
            );
        }
    }

    private function redirectToBase(): ?Response
    {
        $app = $this->app;
        if (!$app->request->isGet() || !$app->settings->isSet('web/url/redirect_to_base')) {
            return null;
        }
        $isAdmin = $this->adminPath() !== null;
        $wantsTls = $app->settings->isSet('web/secure/use_in_' . ($isAdmin ? 'adminhtml' : 'frontend'));
        $base = $app->urls->base($app->request->isSecure || $wantsTls);
        $isRight = parse_url($base, PHP_URL_HOST) === explode(':', $app->request->host)[0]
            && ($app->request->isSecure || !$wantsTls);
        return $isRight ? null : Response::redirect(rtrim($base, '/') . $_SERVER['REQUEST_URI']);
    }

    private function adminPath(): ?string
    {
        $front = trim((string) $this->app->config->get('backend/frontName', ''), '/');
        $path = $this->app->request->path;
        return $front !== '' && ($path === "/$front" || str_starts_with($path, "/$front/"))
            ? substr($path, strlen($front) + 1) : null;
    }

    private function dispatch(): Response
    {
        $area = $this->adminPath() === null ? 'frontend' : 'adminhtml';
        $path = $this->adminPath() ?? $this->app->request->path;
        foreach ($this->app->modules->files("etc/$area/routes.xml") as $file) {
            foreach (Xml::load($file)->route as $route) {
                if (preg_match('~^' . $route['path'] . '$~', $path, $found)) {
                    $class = (string) $route['controller'];
                    $controller = new $class();
                    \assert($controller instanceof Controller);
                    $response = $controller->execute($this->app, $found[1] ?? '');
                    if ($response->status !== 404) {
                        return $response;
                    }
                }
            }
        }
        $body = '<h1>Whoops, our bad...</h1><p>The page you requested was not found.</p>';
        return new Response($this->app->page('404 Not Found', $body), 404);
    }
}
