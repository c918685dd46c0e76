"""The stand-in shop's pages: caches, sessions, orders, addresses, static files and media, as Magento handles them."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.tests.applications.servers import Browser
from sandbox.tests.applications.shops import Shop, Shops

RESIZED = "/media/catalog/product/cache/a1b2c3d4/linen-shirt.png"


def made_at(body: str) -> str:
    found = re.search(r"made at ([\d:.]+)", body)
    assert found
    return found[1]


def is_cached(browser: Browser, path: str = "/") -> bool:
    return made_at(browser.get(path).body) == made_at(browser.get(path).body)


def add_to_cart(browser: Browser, sku: str = "LINEN-SHIRT") -> None:
    browser.cookies["form_key"] = "key"
    added = browser.post("/checkout/cart/add", f"form_key=key&sku={sku}")
    assert (added.status, added.headers["location"].endswith("/checkout/cart/")) == (302, True)


def test_the_page_cache_is_in_redis_by_its_names(shops: Shops) -> None:
    shop = shops.installed()
    with shop.serve() as browser:
        assert is_cached(browser)
        pages = shops.stores.redis("KEYS", "zc:k:*", database=1).splitlines()
        assert len(pages) == 1
        assert pages[0].startswith("zc:k:r1_")
        assert "zc:k:r1_DB_IS_UP_TO_DATE" in shops.stores.redis("KEYS", "*", database=0).splitlines()
        before = made_at(browser.get("/").body)
        shop.magento("cache:clean", "full_page", check=True)
        assert made_at(browser.get("/").body) != before


@pytest.mark.parametrize("off", ["full_page", "all"])
def test_a_cache_type_that_is_not_on_keeps_nothing(shops: Shops, off: str) -> None:
    shop = shops.installed()
    if off == "all":
        del shop.env["cache_types"]
    else:
        shop.env["cache_types"]["full_page"] = 0
    shop.write_env()
    with shop.serve() as browser:
        assert not is_cached(browser)
    assert f"full_page: {0}" in shop.magento("cache:status").stdout


@pytest.mark.parametrize(
    ("magento", "backend", "is_redis"),
    [
        ("2.4.8", "Magento\\Framework\\Cache\\Backend\\Redis", True),
        ("2.4.8", "\\Magento\\Framework\\Cache\\Backend\\Valkey", True),
        ("2.4.8", "valkey", False),
        ("2.4.9", "valkey", True),
        ("2.4.9", "redis", True),
        ("2.4.9", "Magento\\Framework\\Cache\\Backend\\Redis", False),
    ],
)
def test_a_backend_that_this_version_does_not_know_falls_to_files(
    shops: Shops, magento: str, backend: str, is_redis: bool
) -> None:
    """In silence: pages are served and cached, on this host alone."""
    shop = shops.release("r1", magento=magento)
    for frontend in shop.env["cache"]["frontend"].values():
        frontend["backend"] = backend
    shop.install()
    with shop.serve() as browser:
        assert is_cached(browser)
        assert browser.get("/").headers["x-stand-in"].endswith(magento)
    assert bool(shops.stores.redis("KEYS", "*", database=1)) == is_redis
    assert (shop.directory / "var/page_cache").exists() != is_redis


def test_symfonys_two_levels_of_2_4_9(shops: Shops) -> None:
    shop = shops.release("r1", magento="2.4.9")
    for frontend in shop.env["cache"]["frontend"].values():
        options = {"remote_backend": "valkey", "remote_backend_options": frontend["backend_options"]}
        frontend.update(backend="symfony_l2", backend_options=options)
    shop.install()
    with shop.serve() as browser:
        assert is_cached(browser)
    assert shops.stores.redis("KEYS", "zc:k:r1_*", database=1)


@pytest.mark.parametrize(("option", "value"), [("server", "tls://127.0.0.1"), ("port", "1"), ("password", "wrong")])
def test_2_4_9_falls_to_files_when_it_cannot_connect(shops: Shops, option: str, value: str) -> None:
    """In silence, and with a healthy health check. TLS is one of the reasons."""
    shop = shops.release("r1", magento="2.4.9")
    for frontend in shop.env["cache"]["frontend"].values():
        frontend["backend_options"][option] = value
    shop.install()
    with shop.serve() as browser:
        assert is_cached(browser)
        assert browser.get("/health_check.php").status == 200
    assert (shop.directory / "var/page_cache").exists()
    assert shops.stores.redis("DBSIZE", database=1) == "0"


def test_browsers_keep_no_page(shops: Shops) -> None:
    shop = shops.installed()
    with shop.serve() as browser:
        assert {"no-store" in browser.get("/").headers["cache-control"] for _ in range(2)} == {True}


def test_each_release_has_entries_of_its_own(shops: Shops) -> None:
    first, second = shops.installed("r1"), shops.release("r2")
    with first.serve() as one, second.serve() as two:
        two.port, at_one = one.port, one.get("/")
        assert at_one.headers["x-release"] == "r1"
    with second.serve() as two:
        assert two.get("/").headers["x-release"] == "r2"
        assert "Release r2" in two.get("/").body


def test_without_a_prefix_it_comes_from_the_path(shops: Shops) -> None:
    shop = shops.installed()
    for frontend in shop.env["cache"]["frontend"].values():
        del frontend["id_prefix"]
    shop.write_env()
    with shop.serve() as browser:
        assert is_cached(browser)
    (key,) = shops.stores.redis("KEYS", "zc:k:*_*", database=1).splitlines()
    assert re.match(r"zc:k:[0-9a-f]{3}_", key)


def test_the_cart_needs_the_session_and_lives_on_another_host(shops: Shops) -> None:
    first, second = shops.installed("r1"), shops.release("r2")
    with first.serve() as one, second.serve() as two:
        add_to_cart(one)
        two.cookies = one.cookies
        assert "1 × Linen shirt" in two.get("/checkout/cart/").body
        section = json.loads(two.get("/customer/section/load/?sections=cart").body)
        assert section["cart"]["summary_count"] == 1
        assert "You have no items" in Browser(two.port).get("/checkout/cart/").body
    assert shops.stores.redis("KEYS", "sess_*", database=2).startswith("sess_")


def test_a_form_without_the_visitors_key_changes_nothing(shops: Shops) -> None:
    shop = shops.installed()
    with shop.serve() as browser:
        browser.cookies["form_key"] = "key"
        browser.post("/checkout/cart/add", "form_key=other&sku=LINEN-SHIRT")
        assert "You have no items" in browser.get("/checkout/cart/").body


@pytest.mark.parametrize(("magento", "is_redis"), [("2.4.8", False), ("2.4.9", True)])
def test_sessions_by_valkeys_name(shops: Shops, magento: str, is_redis: bool) -> None:
    """A name that this version does not know means files."""
    shop = shops.release("r1", magento=magento)
    shop.env["session"]["save"] = "valkey"
    shop.install()
    with shop.serve() as browser:
        add_to_cart(browser)
        assert "1 × Linen shirt" in browser.get("/checkout/cart/").body
    assert bool(shops.stores.redis("KEYS", "sess_*", database=2)) == is_redis


def test_sessions_that_cannot_be_kept_are_an_error(shops: Shops) -> None:
    shop = shops.installed()
    shop.env["session"]["redis"]["password"] = "wrong"
    shop.write_env()
    with shop.serve() as browser:
        assert browser.get("/checkout/cart/").status == 500
        assert browser.get("/").status == 200


def test_a_cache_that_does_not_answer(shops: Shops) -> None:
    shop = shops.installed()
    shop.env["cache"]["frontend"]["default"]["backend_options"]["port"] = "1"
    shop.write_env()
    with shop.serve() as browser:
        assert [browser.get(path).status for path in ("/", "/health_check.php")] == [500, 500]


def test_an_order_is_written_once(shops: Shops) -> None:
    """Also when the visitor's browser sends it several times at once, and sessions do not make requests wait: the one
    that ends last may then save a session without the order's number."""
    shop = shops.installed()
    shop.env["session"]["redis"]["disable_locking"] = "1"
    shop.write_env()
    with shop.serve() as browser:
        add_to_cart(browser)
        add_to_cart(browser, "WOOL-COAT")
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda _: browser.post("/checkout/order/place", "form_key=key"), range(3)))
    assert shop.sql("SELECT COUNT(*), SUM(grand_total) FROM sales_order") == "1\t308.00"
    assert shop.sql("SELECT COUNT(*) FROM queue_message") == "1"


def test_an_order_is_confirmed_and_the_consumer_exports_it(shops: Shops) -> None:
    shop = shops.installed()
    with shop.serve() as browser:
        add_to_cart(browser)
        browser.post("/checkout/order/place", "form_key=key")
        success = browser.get("/checkout/onepage/success/")
    assert "Your order # is: <span>000000001</span>" in success.body
    assert shop.magento("queue:consumers:list").stdout == "sales.order.export\n"
    shop.magento("queue:consumers:start", "sales.order.export", "--max-messages=1", "--single-thread", check=True)
    assert (shop.directory / "client/orders.csv").read_text().startswith("1,59.00,")


def test_the_back_office_is_at_its_front_name(shops: Shops) -> None:
    shop = shops.installed()
    admin = ["--admin-user=ada", "--admin-password=s3cretword", "--admin-email=ada@client.url"]
    shop.magento("admin:user:create", *admin, "--admin-firstname=Ada", "--admin-lastname=L", check=True)
    with shop.serve() as browser:
        assert browser.get("/backend").status == 200
        assert "please sign in" in browser.get("/backend/admin/dashboard/").body
        assert browser.post("/backend", "login[username]=ada&login[password]=wrong").status == 200
        assert browser.post("/backend", "login[username]=ada&login[password]=s3cretword").status == 302
        assert "Signed in as ada" in browser.get("/backend").body
        assert browser.get("/admin").status == 404


def with_addresses(shop: Shop) -> None:
    web = {"base_url": "http://127.0.0.1/", "base_static_url": "https://static.client.url/"}
    secure = {
        "base_url": "https://www.client.url/",
        "base_static_url": "https://static.client.url/",
        "base_media_url": "https://media.client.url/",
        "use_in_frontend": "1",
    }
    shop.env["system"]["default"]["web"] = {"unsecure": web, "secure": secure}
    shop.write_env()
    shop.magento("app:config:import", check=True)


def test_addresses(shops: Shops) -> None:
    """Another host name or plain HTTP leads to the base URL. The load balancer's header says that TLS was used."""
    shop = shops.installed()
    with_addresses(shop)
    with shop.serve() as browser:
        plain = browser.get("/women.html")
        assert (plain.status, plain.headers["location"]) == (302, "https://www.client.url/women.html")
        tls = {"X-Forwarded-Proto": "https"}
        other = browser.get("/women.html?p=2", Host="client.url", **tls)
        assert (other.status, other.headers["location"]) == (302, "https://www.client.url/women.html?p=2")
        page = browser.get("/women.html", Host="www.client.url", **tls)
        assert page.status == 200
        assert "https://static.client.url/version1/frontend/Client/dlm/fr_FR/css/styles.css" in page.body
        assert "https://media.client.url/catalog/product/cache/a1b2c3d4/linen-shirt.png" in page.body
        cart = browser.get("/checkout/cart/", Host="www.client.url", **tls)
        assert "secure" in cart.headers["set-cookie"].lower()


def test_pages_that_are_not_there(shops: Shops) -> None:
    shop = shops.installed()
    with shop.serve() as browser:
        assert [browser.get(path).status for path in ("/nothing.html", "/nothing", "/media/nothing")] == [404, 404, 404]


def test_static_files(shops: Shops) -> None:
    """In production mode, static.php makes no file unless env.php allows it."""
    shop = shops.installed()
    path = "/static/version1/frontend/Client/dlm/fr_FR/css/styles.css"
    file = shop.directory / "pub/static/frontend/Client/dlm/fr_FR/css/styles.css"
    with shop.serve() as browser:
        assert browser.get(path).status == 200
        file.unlink()
        assert (browser.get(path).status, file.exists()) == (404, False)
        shop.env["static_content_on_demand_in_production"] = 1
        shop.write_env()
        assert (browser.get(path).status, file.exists()) == (200, True)
        assert browser.get("/static/frontend/Client/dlm/fr_FR/../../../../app/etc/env.php").status == 404


def test_media_that_is_not_resized_yet(shops: Shops) -> None:
    shop = shops.installed()
    with shop.serve() as browser:
        made = browser.get(RESIZED)
        assert (made.status, made.headers["content-type"]) == (200, "image/png")
        file = shop.directory / f"pub{RESIZED}"
        assert int.from_bytes(file.read_bytes()[16:20]) == 240
        assert browser.get("/media/catalog/product/cache/a1b2c3d4/gone.png").status == 200
        assert not (shop.directory / "pub/media/catalog/product/cache/a1b2c3d4/gone.png").exists()
