<?php
declare(strict_types=1);

namespace Client\Store\Controller;

use StandIn\App;
use StandIn\Controller;
use StandIn\Page;
use StandIn\Response;

final class Home implements Controller
{
    public function execute(App $app, string $argument): Response
    {
        $name = Page::text((string) $app->settings->value('general/store_information/name'));
        $links = '';
        foreach ($app->database->rows('SELECT name, url_key FROM {catalog_category} ORDER BY entity_id') as $category) {
            $url = Page::text($app->urls->to("{$category['url_key']}.html"));
            $links .= "<li><a href=\"$url\">" . Page::text($category['name']) . '</a></li>';
        }
        return new Response($app->page($name, "<h1>$name</h1><ul>$links</ul>"), isCacheable: true);
    }
}
