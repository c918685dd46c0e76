<?php
declare(strict_types=1);

namespace Client\Catalog\Setup\Patch\Data;

use StandIn\Database;
use StandIn\DataPatch;

final class AddCatalog implements DataPatch
{
    private const CATEGORIES = [1 => ['Women', 'women'], 2 => ['Men', 'men']];
    private const PRODUCTS = [
        ['linen-shirt', 'Linen shirt', 1, '59.00'],
        ['wool-coat', 'Wool coat', 1, '249.00'],
        ['denim-jacket', 'Denim jacket', 2, '119.00'],
    ];

    public function apply(Database $database): void
    {
        foreach (self::CATEGORIES as $id => [$name, $key]) {
            $database->run('INSERT IGNORE INTO {catalog_category} (entity_id, name, url_key) VALUES (?, ?, ?)', $id, $name, $key);
        }
        foreach (self::PRODUCTS as [$key, $name, $category, $price]) {
            $database->run(
                'INSERT IGNORE INTO {catalog_product} (sku, name, url_key, category_id, price, image) VALUES (?, ?, ?, ?, ?, ?)',
                strtoupper($key),
                $name,
                $key,
                $category,
                $price,
                "$key.png"
            );
        }
    }
}
