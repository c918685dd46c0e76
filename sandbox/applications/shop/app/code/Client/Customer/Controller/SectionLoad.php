<?php
declare(strict_types=1);

namespace Client\Customer\Controller;

use Client\Checkout\Cart;
use StandIn\App;
use StandIn\Controller;
use StandIn\Response;

/** What a cached page asks for after it is loaded: what belongs to this visitor alone. */
final class SectionLoad implements Controller
{
    public function execute(App $app, string $argument): Response
    {
        $app->session();
        $sections = [];
        foreach (array_filter(explode(',', $app->request->param('sections'))) as $section) {
            $data = $section === 'cart' ? (new Cart($app))->summary() : [];
            $sections[$section] = $data + ['data_id' => time()];
        }
        return Response::json($sections);
    }
}
