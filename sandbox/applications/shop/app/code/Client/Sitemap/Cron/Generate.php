<?php
declare(strict_types=1);

namespace Client\Sitemap\Cron;

use StandIn\App;
use StandIn\CronJob;
use StandIn\Files;
use StandIn\Page;

final class Generate implements CronJob
{
    public function execute(App $app): void
    {
        $urls = '';
        foreach ($app->database->rows('SELECT url_key FROM {catalog_product} ORDER BY entity_id') as $product) {
            $urls .= '<url><loc>' . Page::text($app->urls->base(true) . "{$product['url_key']}.html") . '</loc></url>';
        }
        Files::write(BP . '/sitemap/sitemap.xml', "<?xml version=\"1.0\"?>\n<urlset>$urls</urlset>\n");
    }
}
