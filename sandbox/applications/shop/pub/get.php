<?php
declare(strict_types=1);

require __DIR__ . '/../app/bootstrap.php';
(new StandIn\MediaFiles())->serve((new StandIn\Request())->path);
