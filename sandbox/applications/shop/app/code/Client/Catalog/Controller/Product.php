<?php
declare(strict_types=1);

namespace Client\Catalog\Controller;

use StandIn\App;
use StandIn\Controller;
use StandIn\Page;
use StandIn\Response;

final class Product implements Controller
{
    private const COLUMNS = 'sku, name, price';

    public function execute(App $app, string $argument): Response
    {
        $product = $app->database->row('SELECT ' . self::COLUMNS . ' FROM {catalog_product} WHERE url_key = ?', $argument);
        if ($product === null) {
            return new Response('', 404);
        }
        $name = Page::text($product['name']);
        $sku = Page::text($product['sku']);
        $action = Page::text($app->urls->to('checkout/cart/add'));
        // The form key comes from the browser's cookie, which a script of the theme sets: the page can be cached.
        $form = "<form method=\"post\" action=\"$action\"><input name=\"form_key\" type=\"hidden\">"
            . "<input name=\"sku\" type=\"hidden\" value=\"$sku\"><button>Add to Cart</button></form>";
        $details = '<p class="price">' . Page::text((string) $product['price']) . ' EUR</p>';
        return new Response($app->page($name, "<h1>$name</h1>$details$form"), isCacheable: true);
    }
}
