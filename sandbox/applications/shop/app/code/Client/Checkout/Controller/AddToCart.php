<?php
declare(strict_types=1);

namespace Client\Checkout\Controller;

use Client\Checkout\Cart;
use StandIn\App;
use StandIn\Controller;
use StandIn\Response;

final class AddToCart implements Controller
{
    public function execute(App $app, string $argument): Response
    {
        $cart = new Cart($app);
        if ($app->request->method !== 'POST' || !$cart->isFormKeyRight()) {
            return Response::redirect($app->urls->to('/'));
        }
        $app->session();
        return Response::redirect($app->urls->to($cart->add($app->request->param('sku')) ? 'checkout/cart/' : '/'));
    }
}
