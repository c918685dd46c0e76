<?php
declare(strict_types=1);

namespace Client\Sales\Consumer;

use StandIn\App;
use StandIn\Consumer;
use StandIn\Files;

/** Writes an order to client/orders.csv, the share from which others fetch it. */
final class ExportOrder implements Consumer
{
    public function process(App $app, string $body): void
    {
        $order = $app->database->row('SELECT entity_id, grand_total, created_at FROM {sales_order} WHERE entity_id = ?', $body);
        if ($order !== null) {
            Files::ensureDirectory(BP . '/client');
            file_put_contents(BP . '/client/orders.csv', implode(',', $order) . "\n", FILE_APPEND | LOCK_EX);
        }
    }
}
