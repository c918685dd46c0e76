<?php
declare(strict_types=1);

namespace Client\Backend\Controller;

use StandIn\App;
use StandIn\Controller;
use StandIn\Page;
use StandIn\Response;

/** The back office: a sign-in form at every path of the front name, and a dashboard behind it. */
final class Dashboard implements Controller
{
    public function execute(App $app, string $argument): Response
    {
        $app->session('admin');
        $names = $app->request->method === 'POST' ? ($_POST['login'] ?? []) : [];
        if (is_array($names) && isset($names['username'], $names['password'])) {
            $hash = $app->database->value('SELECT password FROM {admin_user} WHERE username = ?', (string) $names['username']);
            if ($hash !== null && password_verify((string) $names['password'], (string) $hash)) {
                session_regenerate_id(true);
                $_SESSION['admin'] = (string) $names['username'];
                return Response::redirect($app->urls->to(trim($app->request->path, '/')));
            }
        }
        $theme = 'adminhtml/Magento/backend/en_US';
        if (!isset($_SESSION['admin'])) {
            $form = '<h1>Welcome, please sign in</h1><form method="post"><input name="login[username]">'
                . '<input name="login[password]" type="password"><button>Sign in</button></form>';
            return new Response((new Page($app))->html('Magento Admin', $form, $theme));
        }
        $orders = (int) $app->database->value('SELECT COUNT(*) FROM {sales_order}');
        $body = '<h1>Dashboard</h1><p>Signed in as ' . Page::text($_SESSION['admin']) . ". Orders: $orders.</p>";
        return new Response((new Page($app))->html('Dashboard / Magento Admin', $body, $theme));
    }
}
