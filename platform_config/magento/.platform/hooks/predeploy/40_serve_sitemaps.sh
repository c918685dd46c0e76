#!/usr/bin/env bash
# Magento writes sitemaps below pub, because pub is the document root (env.php, directories/document_root_is_pub). The
# share is the directory sitemap beside it: pub/sitemap leads there. In Magento, the path of a sitemap is /sitemap/.
set -euo pipefail

# Without the share, or with a directory of the bundle's own, there is nothing to lead to the share.
if [[ ! -L sitemap || (-e pub/sitemap && ! -L pub/sitemap) ]]; then exit 0; fi
ln --symbolic --force --no-dereference ../sitemap pub/sitemap
