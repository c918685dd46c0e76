<?php
declare(strict_types=1);

// 200 while database and caches answer, in maintenance too; it asks nothing else, like Magento's.
try {
    require __DIR__ . '/../app/bootstrap.php';
    StandIn\Release::sendHeaders();
    $config = new StandIn\DeploymentConfig();
    foreach ((array) $config->get('db/connection', []) as $connection) {
        (new StandIn\Database($connection))->pdo();
    }
    foreach ((array) $config->get('cache/frontend', []) as $name => $frontend) {
        if (!isset($frontend['backend'])) {
            continue;
        }
        if (!isset($frontend['backend_options'])) {
            throw new StandIn\LocalizedException('Cache configuration is invalid');
        }
        (new StandIn\CachePool($config))->backend((string) $name)->load('test_cache_id');
    }
} catch (Throwable $error) {
    http_response_code(500);
    StandIn\Log::error('Health check failed: ' . $error->getMessage());
}
