<?php
declare(strict_types=1);

namespace Client\Checkout\Controller;

use Client\Checkout\Cart;
use StandIn\App;
use StandIn\Controller;
use StandIn\Page;
use StandIn\Response;

final class ShowCart implements Controller
{
    public function execute(App $app, string $argument): Response
    {
        $app->session();
        $lines = '';
        foreach ((new Cart($app))->items() as $item) {
            $lines .= '<li>' . Page::text("{$item['qty']} × {$item['name']}") . '</li>';
        }
        $body = $lines === '' ? '<p>You have no items in your shopping cart.</p>' : "<ul>$lines</ul>";
        return new Response($app->page('Shopping Cart', "<h1>Shopping Cart</h1>$body"));
    }
}
