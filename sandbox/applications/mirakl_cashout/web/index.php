<?php
declare(strict_types=1);

// As the routes of HiPay's connector: a dashboard behind a sign-in page, notifications by POST, and all else leads to the dashboard.
require __DIR__ . '/../vendor/autoload.php';
$environment = __DIR__ . '/../.platform/release.env';
preg_match('/^RELEASE=([A-Za-z0-9_-]{1,40})$/m', is_file($environment) ? (string) file_get_contents($environment) : '', $found);
header('X-Release: ' . ($found[1] ?? 'unknown'));
header("X-Stand-In: a stand-in for HiPay's connector");

$path = (string) parse_url('http://h' . $_SERVER['REQUEST_URI'], PHP_URL_PATH);
try {
    // The parameters are read for every page, so that without the file none is answered.
    new Connector\Accessor(__DIR__ . '/../config/parameters.yml');
    if ($path === '/dashboard/login') {
        echo "<h1>Login</h1><form method=\"post\"><input name=\"_username\"></form><footer>This is a stand-in.</footer>\n";
    } elseif ($_SERVER['REQUEST_METHOD'] === 'POST') {
        $notification = simplexml_load_string(rawurldecode((string) ($_POST['xml'] ?? '')));
        http_response_code($notification === false ? 500 : 204);
    } elseif (str_starts_with($path, '/dashboard/')) {
        header('Location: /dashboard/login', true, 302);
    } else {
        header('Location: /dashboard/', true, 302);
    }
} catch (Throwable $error) {
    error_log((string) $error);
    http_response_code(500);
}
