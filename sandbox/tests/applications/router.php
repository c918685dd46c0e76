<?php
// What nginx's configuration does for the shop, for `php -S`: static files, their version in the path, and front controllers.
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$root = $_SERVER['DOCUMENT_ROOT'];
if (preg_match('~^/static/(?:version\d*/)?(.+)$~', $path, $found)) {
    if (is_file("$root/static/{$found[1]}")) {
        header('Content-Type: text/plain');
        readfile("$root/static/{$found[1]}");
        return true;
    }
    $_GET['resource'] = $found[1];
    require "$root/static.php";
    return true;
}
if (is_file("$root$path") && !str_ends_with($path, '/')) {
    return false;
}
require $root . (str_starts_with($path, '/media/') ? '/get.php' : '/index.php');
return true;
