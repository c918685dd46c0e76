<?php
declare(strict_types=1);

namespace StandIn\Console;

use StandIn\App;
use StandIn\LocalizedException;

final class IndexerCommands implements CommandProvider
{
    private const INDEXERS = [
        'catalog_category_product' => 'Category Products',
        'catalog_product_price' => 'Product Price',
        'catalogsearch_fulltext' => 'Catalog Search',
    ];

    public function commands(App $app): array
    {
        $arguments = ['index' => 'list'];
        return [
            new Command('indexer:status', 'Shows status of Indexer', function (Input $input) use ($app): int {
                foreach (self::asked($input) as $id) {
                    $status = $app->database->value('SELECT status FROM {indexer_state} WHERE indexer_id = ?', $id);
                    printf("%-28s %-20s %s\n", $id, self::INDEXERS[$id], $status === 'valid' ? 'Ready' : 'Reindex required');
                }
                return Command::SUCCESS;
            }, arguments: $arguments),
            new Command('indexer:reindex', 'Reindexes Data', function (Input $input) use ($app): int {
                foreach (self::asked($input) as $id) {
                    $app->database->run(
                        "INSERT INTO {indexer_state} (indexer_id, status) VALUES (?, 'valid')"
                        . " ON DUPLICATE KEY UPDATE status = 'valid', updated = CURRENT_TIMESTAMP",
                        $id
                    );
                    echo self::INDEXERS[$id], " index has been rebuilt successfully in 00:00:00\n";
                }
                return Command::SUCCESS;
            }, arguments: $arguments),
        ];
    }

    /** @return list<string> */
    private static function asked(Input $input): array
    {
        $asked = $input->arguments('index');
        $unknown = array_diff($asked, array_keys(self::INDEXERS));
        if ($unknown !== []) {
            throw new LocalizedException('The following requested index types are not supported: ' . implode(', ', $unknown));
        }
        return $asked === [] ? array_keys(self::INDEXERS) : $asked;
    }
}
