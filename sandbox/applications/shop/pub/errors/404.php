<?php
require __DIR__ . '/../../app/bootstrap.php';
(new StandIn\ErrorPages())->notFound()->send();
