<?php
declare(strict_types=1);

// The front controller: the web server sends every path to it that no file has.
require dirname(__DIR__) . '/vendor/autoload.php';
(new StandIn\Kernel(dirname(__DIR__)))->serve(new App\Application());
