<?php
declare(strict_types=1);

namespace Client\Catalog\Controller;

use StandIn\App;
use StandIn\Controller;
use StandIn\Page;
use StandIn\Response;

final class Category implements Controller
{
    public function execute(App $app, string $argument): Response
    {
        $category = $app->database->row('SELECT entity_id, name FROM {catalog_category} WHERE url_key = ?', $argument);
        if ($category === null) {
            return new Response('', 404);
        }
        $items = '';
        $products = $app->database->rows(
            'SELECT name, url_key, image FROM {catalog_product} WHERE category_id = ? ORDER BY entity_id',
            $category['entity_id']
        );
        foreach ($products as $product) {
            $image = Page::text($app->urls->media("catalog/product/cache/a1b2c3d4/{$product['image']}"));
            $url = Page::text($app->urls->to("{$product['url_key']}.html"));
            $items .= "<li><a href=\"$url\"><img src=\"$image\" alt=\"\">" . Page::text($product['name']) . '</a></li>';
        }
        $name = Page::text($category['name']);
        return new Response($app->page($name, "<h1>$name</h1><ul>$items</ul>"), isCacheable: true);
    }
}
