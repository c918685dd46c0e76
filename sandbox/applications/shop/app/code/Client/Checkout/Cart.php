<?php
declare(strict_types=1);

namespace Client\Checkout;

use StandIn\App;

/** The visitor's cart: rows of the database that the session points to. */
final class Cart
{
    public function __construct(private readonly App $app)
    {
    }

    /** The id of the open quote, or none. */
    public function quoteId(): ?int
    {
        $id = $_SESSION['quote_id'] ?? null;
        $isOpen = $id !== null
            && $this->app->database->value('SELECT is_active FROM {quote} WHERE entity_id = ?', $id) === 1;
        return $isOpen ? $id : null;
    }

    public function add(string $sku): bool
    {
        $database = $this->app->database;
        if ($database->value('SELECT sku FROM {catalog_product} WHERE sku = ?', $sku) === null) {
            return false;
        }
        if ($this->quoteId() === null) {
            $database->run('INSERT INTO {quote} (is_active) VALUES (1)');
            $_SESSION['quote_id'] = $database->insertId();
        }
        $database->run(
            'INSERT INTO {quote_item} (quote_id, sku, qty) VALUES (?, ?, 1) ON DUPLICATE KEY UPDATE qty = qty + 1',
            $_SESSION['quote_id'],
            $sku
        );
        return true;
    }

    /** @return list<array<string, mixed>> */
    public function items(): array
    {
        return $this->app->database->rows(
            'SELECT i.sku, i.qty, p.name, p.price FROM {quote_item} i JOIN {catalog_product} p ON p.sku = i.sku'
            . ' WHERE i.quote_id = ? ORDER BY i.item_id',
            $this->quoteId() ?? 0
        );
    }

    /** @return array<string, mixed> */
    public function summary(): array
    {
        $items = $this->items();
        return ['summary_count' => array_sum(array_map(intval(...), array_column($items, 'qty'))), 'items' => $items];
    }

    /** Forms carry the key of the visitor's cookie; others could be sent by any site. */
    public function isFormKeyRight(): bool
    {
        $key = $_COOKIE['form_key'] ?? '';
        return $key !== '' && hash_equals($key, $this->app->request->param('form_key'));
    }
}
