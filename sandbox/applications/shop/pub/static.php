<?php
declare(strict_types=1);

require __DIR__ . '/../app/bootstrap.php';
(new StandIn\StaticFiles(new StandIn\App()))->serve((string) ($_GET['resource'] ?? ''));
