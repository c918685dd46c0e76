<?php
// As in the connector of HiPay 3.8.0: the parameters have nothing for TLS.
require_once __DIR__ . '/../vendor/autoload.php';

$parameters = new Connector\Accessor(__DIR__ . '/../config/parameters.yml');
$dbConfiguration = new Connector\DbConfiguration($parameters);

return new Connector\Connection(array(
    'driver' => $dbConfiguration->getDriver(),
    'user' => $dbConfiguration->getUsername(),
    'password' => $dbConfiguration->getPassword(),
    'dbname' => $dbConfiguration->getDatabaseName(),
    'host' => $dbConfiguration->getHost(),
    'port' => $dbConfiguration->getPort()
));
