<?php
declare(strict_types=1);

namespace Client\Checkout\Controller;

use Client\Checkout\Cart;
use StandIn\App;
use StandIn\Controller;
use StandIn\Response;

/** Turns the cart into an order, once: an order is unique by its quote. */
final class PlaceOrder implements Controller
{
    public function execute(App $app, string $argument): Response
    {
        $cart = new Cart($app);
        if ($app->request->method !== 'POST' || !$cart->isFormKeyRight()) {
            return Response::redirect($app->urls->to('/'));
        }
        $app->session();
        $quote = $cart->quoteId();
        $items = $cart->items();
        if ($quote === null || $items === []) {
            return Response::redirect($app->urls->to('checkout/cart/'));
        }
        $payment = is_array($_POST['payment'] ?? null) ? $_POST['payment'] : [];
        $database = $app->database;
        $total = array_sum(array_map(static fn (array $item): float => $item['qty'] * (float) $item['price'], $items));
        $pdo = $database->pdo();
        $pdo->beginTransaction();
        $new = $database->run(
            'INSERT IGNORE INTO {sales_order} (quote_id, grand_total, items, po_number) VALUES (?, ?, ?, ?)',
            $quote,
            $total,
            json_encode($items),
            is_string($payment['po_number'] ?? null) ? $payment['po_number'] : null
        )->rowCount() === 1;
        $order = (int) $database->value('SELECT entity_id FROM {sales_order} WHERE quote_id = ?', $quote);
        if ($new) {
            $database->run('UPDATE {quote} SET is_active = 0 WHERE entity_id = ?', $quote);
            $database->run('INSERT INTO {queue_message} (topic, body) VALUES (?, ?)', 'sales.order.export', $order);
        }
        $pdo->commit();
        $_SESSION['last_order'] = sprintf('%09d', $order);
        return Response::redirect($app->urls->to('checkout/onepage/success/'));
    }
}
