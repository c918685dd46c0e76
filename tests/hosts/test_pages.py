"""What a browser is answered through the load balancer's process, nginx and PHP."""

from __future__ import annotations

import json

import pytest

from tests.hosts.live_sandbox import BACK_OFFICE, FRONT, LiveSandbox

pytestmark = pytest.mark.long

STYLES = "/static/version1/frontend/Client/dlm/fr_FR/css/styles.css"
RESIZED = "/media/catalog/product/cache/a1b2c3d4/linen-shirt.png"
TEMPLATE = "/static/version1/frontend/Client/dlm/fr_FR/Magento_Ui/template/modal.html"


@pytest.mark.parametrize(
    ("path", "status", "holds"),
    [
        ("/", 200, "stand-in"),
        ("/women.html", 200, "Linen shirt"),
        ("/linen-shirt.html", 200, "59.00"),
        ("/checkout/cart/", 200, "You have no items"),
        ("/backend", 200, "sign in"),
        ("/backend/admin/dashboard/", 200, "please sign in"),
        (STYLES, 200, ""),
        ("/pub" + STYLES, 200, ""),
        (RESIZED, 200, ""),
        ("/pub/health_check.php", 200, ""),
        ("/health_check.php", 200, ""),
        ("/nothing.html", 404, ""),
        ("/app/etc/env.php", 403, ""),
        ("/client/orders.csv", 404, ""),
        ("/auth.json", 404, ""),
        ("/var/log/exception.log", 404, ""),
        ("/.git/config", 403, ""),
        ("/.platform/release.env", 403, ""),
        ("/media/customer/a.jpg", 403, ""),
        ("/media/import/orders.csv", 403, ""),
        ("/bin/magento", 404, ""),
        ("/setup/index.php", 403, ""),
    ],
)
def test_a_page_of_the_shop(live: LiveSandbox, path: str, status: int, holds: str) -> None:
    answer = live.get(path)
    assert (answer.status, holds in answer.text) == (status, True), answer.text[:500]


def test_the_back_office_answers_on_its_own_instance_alone(live: LiveSandbox) -> None:
    """The load balancer's rule chooses by the path."""
    (host,) = live.instances(BACK_OFFICE)
    live.run(host, "systemctl stop nginx")
    try:
        assert live.get("/backend").status == 502
        assert live.get("/").status == 200
    finally:
        live.run(host, "systemctl start nginx")
    assert live.get("/backend").status == 200


def test_a_cart_survives_on_another_host(live: LiveSandbox) -> None:
    """The session is in the cache that all hosts share. Hosts take turns, since each request is a new connection."""
    form = "form_key=key&sku=LINEN-SHIRT"
    added = live.get("/checkout/cart/add", method="POST", body=form, headers={"Cookie": "form_key=key"})
    assert added.status == 302
    cookies = f"form_key=key; {added.cookies}"
    carts = [live.get("/checkout/cart/", headers={"Cookie": cookies}).text for _ in range(8)]
    assert ["1 × Linen shirt" in cart for cart in carts] == [True] * 8
    section = live.get("/customer/section/load/?sections=cart", headers={"Cookie": cookies})
    assert json.loads(section.body)["cart"]["summary_count"] == 1
    assert "You have no items" in live.get("/checkout/cart/").text


def test_every_front_host_answers(live: LiveSandbox) -> None:
    """By their own logs: the load balancer hides them."""
    for number in range(12):
        live.get(f"/women.html?marked={number}")
    marked = "grep -c marked= /var/log/nginx/access.log"
    counts = [int(live.run(instance, marked)) for instance in live.instances(FRONT)]
    assert len(counts) == 4
    assert min(counts) >= 2


def test_a_static_host_admits_pages_of_another_host(live: LiveSandbox) -> None:
    """CloudFront asks this host for static files. Browsers ask first, since templates come with X-Requested-With."""
    asks = {
        "Origin": "https://www.client.url",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "x-requested-with",
    }
    allowed = live.get(STYLES, "origin.client.url", method="OPTIONS", headers=asks)
    assert (allowed.status, allowed.headers["access-control-allow-origin"]) == (204, "*")
    assert "access-control-allow-headers" in allowed.headers
    fetched = live.get(STYLES, "origin.client.url", headers={"X-Requested-With": "XMLHttpRequest", **asks})
    assert (fetched.status, fetched.headers["access-control-allow-origin"]) == (200, "*")


@pytest.mark.parametrize("path", ["/", "/women.html?p=2"])
def test_http_leads_to_https(live: LiveSandbox, path: str) -> None:
    answer = live.get(path, port=80)
    assert (answer.status, answer.headers["location"]) == (301, f"https://client.url:443{path}")


def test_preproduction_leads_to_itself(live: LiveSandbox) -> None:
    answer = live.get("/", "preprod.client.url", environment="client-preprod-front")
    assert answer.status == 200
    assert "www.client.url" not in answer.text


@pytest.mark.parametrize(
    ("satellite", "path", "status", "location"),
    [
        ("pim", "/", 302, "/user/login"),
        ("pim", "/user/login", 200, ""),
        ("pim", "/api/rest/v1/products", 401, ""),
        ("pim", "/.env.local", 404, ""),
        ("custom-connection", "/", 200, ""),
        ("custom-connection", "/user/login", 200, ""),
        ("custom-connection", "/nothing", 404, ""),
        ("mirakl-cashout", "/", 302, "/dashboard/"),
        ("mirakl-cashout", "/dashboard/login", 200, ""),
        ("mirakl-cashout", "/css/styles.css", 200, ""),
    ],
)
def test_a_page_of_a_satellite(live: LiveSandbox, satellite: str, path: str, status: int, location: str) -> None:
    answer = live.get(path, f"{satellite}.test", port=80, environment=f"client-prod-{satellite}")
    assert (answer.status, answer.headers.get("location", "")) == (status, location), answer.text[:500]


def test_the_database_takes_no_connection_without_tls(live: LiveSandbox) -> None:
    (host,) = live.instances("client-prod-pim")
    ask = 'MYSQL_PWD=$DATABASE_PASSWORD mariadb -h "$DATABASE_HOST" -u "$DATABASE_USER" -Ne'
    said = live.run(
        host,
        "eval \"$(/opt/elasticbeanstalk/bin/get-config environment | python3 -c '",
        "import json, shlex, sys",
        "for name, value in json.load(sys.stdin).items():",
        '    print(f"export {name}={shlex.quote(value)}")',
        "')\"",
        f"{ask} 'SELECT 1' --skip-ssl 2>&1",
        f"{ask} \"SELECT CONCAT('with ', 1)\" --ssl",
    )
    assert "with 1" in said
    assert "\n1\n" not in said
