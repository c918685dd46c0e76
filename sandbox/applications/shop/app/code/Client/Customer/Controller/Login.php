<?php
declare(strict_types=1);

namespace Client\Customer\Controller;

use StandIn\App;
use StandIn\Controller;
use StandIn\Response;

final class Login implements Controller
{
    public function execute(App $app, string $argument): Response
    {
        $app->session();
        return new Response($app->page('Customer Login', '<h1>Customer Login</h1><p>The stand-in has no customers.</p>'));
    }
}
