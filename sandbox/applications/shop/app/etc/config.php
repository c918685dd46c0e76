<?php
return [
    'modules' => [
        'Client_Store' => 1,
        'Client_Catalog' => 1,
        'Client_Customer' => 1,
        'Client_Checkout' => 1,
        'Client_Sales' => 1,
        'Client_Backend' => 1,
        'Client_Sitemap' => 1,
    ],
    'scopes' => [
        'websites' => ['base' => ['website_id' => '1', 'code' => 'base', 'name' => 'Main Website']],
        'stores' => ['default' => ['store_id' => '1', 'code' => 'default', 'website_id' => '1', 'name' => 'Boutique']],
    ],
    'themes' => [
        'frontend/Client/dlm' => ['area' => 'frontend', 'theme_path' => 'Client/dlm'],
        'adminhtml/Magento/backend' => ['area' => 'adminhtml', 'theme_path' => 'Magento/backend'],
    ],
];
