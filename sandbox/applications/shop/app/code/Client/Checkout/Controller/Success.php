<?php
declare(strict_types=1);

namespace Client\Checkout\Controller;

use StandIn\App;
use StandIn\Controller;
use StandIn\Page;
use StandIn\Response;

final class Success implements Controller
{
    public function execute(App $app, string $argument): Response
    {
        $app->session();
        $order = $_SESSION['last_order'] ?? null;
        if ($order === null) {
            return Response::redirect($app->urls->to('checkout/cart/'));
        }
        $body = '<h1>Thank you for your purchase!</h1><p>Your order # is: <span>' . Page::text($order) . '</span>.</p>';
        return new Response($app->page('Success Page', $body));
    }
}
