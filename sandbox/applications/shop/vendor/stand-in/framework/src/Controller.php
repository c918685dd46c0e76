<?php
declare(strict_types=1);

namespace StandIn;

/** Answers the requests of one route. `$argument` is what the route's pattern found. */
interface Controller
{
    public function execute(App $app, string $argument): Response;
}
