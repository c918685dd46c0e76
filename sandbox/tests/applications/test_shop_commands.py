"""Commands of the stand-in shop that a deploy and an operator use, beside those of the status table."""

from __future__ import annotations

import subprocess
import time

import pytest

from sandbox.applications import releases
from sandbox.applications.releases import ReleaseError
from sandbox.tests.applications.servers import TOKEN
from sandbox.tests.applications.shops import Shop, Shops


def install_options(shop: Shop, redis: str = "redis") -> list[str]:
    stores = shop.stores
    # The cache of 2.4.9 cannot speak TLS.
    secure = f"tls://127.0.0.1 --{{}}-port={stores.redis_port} --{{}}-password={TOKEN} --{{}}-db="
    plain = f"127.0.0.1 --{{}}-port={stores.redis_plain_port} --{{}}-password={TOKEN} --{{}}-db="
    words = [f"--cache-backend={redis}", f"--page-cache={redis}", f"--session-save={redis}"]
    for number, (option, server_name) in enumerate(
        ((f"cache-backend-{redis}", "server"), (f"page-cache-{redis}", "server"), (f"session-save-{redis}", "host"))
    ):
        server = plain if shop.is_symfony and server_name == "server" else secure
        words += f"--{option}-{server_name}={server.format(option, option, option)}{number}".split()
    return [
        *words,
        *(f"--db-host=127.0.0.1:{stores.database_port}", f"--db-name={shop.database}", "--db-user=shop"),
        *("--db-password=secret", f"--db-ssl-ca={stores.ca}", "--backend-frontname=backend"),
        *("--admin-user=ada", "--admin-password=s3cretword", "--admin-email=ada@client.url"),
        *("--admin-firstname=Ada", "--admin-lastname=L", "--search-engine=opensearch", "--opensearch-host=search"),
    ]


@pytest.mark.parametrize(("magento", "redis"), [("2.4.8", "redis"), ("2.4.9", "valkey")])
def test_install(shops: Shops, magento: str, redis: str) -> None:
    shop = shops.release("r1", magento=magento)
    env = shop.directory / "app/etc/env.php"
    env.unlink()
    shop.magento("setup:install", *install_options(shop, redis), check=True)
    assert "'date' =>" in env.read_text()
    assert [shop.code(command) for command in ("setup:db:status", "app:config:status", "cache:flush")] == [0, 0, 0]
    with shop.serve() as browser:
        assert [browser.get(path).status for path in ("/", "/backend", "/health_check.php")] == [200, 200, 200]
    assert shop.stores.redis("KEYS", "*", database=1)
    # A second time changes no data, and keeps the crypt key.
    before = env.read_text()
    shop.magento("setup:install", *install_options(shop, redis), check=True)
    assert env.read_text() == before
    assert shop.sql("SELECT COUNT(*) FROM catalog_product") == "3"


def test_install_without_a_database_writes_nothing(shops: Shops) -> None:
    shop = shops.release("r1")
    (shop.directory / "app/etc/env.php").unlink()
    refused = shop.magento("setup:install", *install_options(shop), "--db-password=wrong")
    assert (refused.returncode, "Access denied" in refused.stderr) == (1, True)
    assert not (shop.directory / "app/etc/env.php").exists()


def test_install_with_an_option_of_another_version(shops: Shops) -> None:
    shop = shops.release("r1", magento="2.4.9")
    assert 'The "--cache-backend-redis-server" option does not exist' in (
        shop.magento("setup:install", *install_options(shop)).stderr
    )


def test_a_build_needs_no_database(shops: Shops) -> None:
    shop = shops.release("r1")
    (shop.directory / "app/etc/env.php").unlink()
    assert shop.code("setup:di:compile") == 0
    deploy = ("setup:static-content:deploy", "--content-version=77", "--area", "frontend", "fr_FR")
    assert shop.code(*deploy) == 1
    assert shop.code(*deploy, "-f", "--theme", "Client/dlm", "--jobs", "2") == 0
    assert (shop.directory / "pub/static/deployed_version.txt").read_text() == "77"
    assert shop.code("setup:static-content:deploy", "-f", "--theme", "Client/none") == 1


def test_cron_runs_the_jobs_and_starts_bounded_consumers(shops: Shops) -> None:
    shop = shops.installed()
    shop.sql("INSERT INTO sales_order (quote_id, grand_total, items) VALUES (1, 5, '[]')")
    shop.sql("INSERT INTO queue_message (topic, body) VALUES ('sales.order.export', '1')")
    shop.env["cron_consumers_runner"] = {"cron_run": True, "max_messages": 1}
    shop.write_env()
    shop.magento("cron:run", check=True)
    assert (shop.directory / "sitemap/sitemap.xml").exists()
    exported = shop.directory / "client/orders.csv"
    deadline = time.monotonic() + 30
    while not exported.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "sitemap_generate\tsuccess" in shop.sql("SELECT job_code, status FROM cron_schedule")


def test_cron_that_is_off(shops: Shops) -> None:
    shop = shops.installed()
    shop.env["cron"] = {"enabled": 0}
    shop.write_env()
    ran = shop.magento("cron:run")
    assert (ran.returncode, "Cron is disabled" in ran.stdout) == (0, True)
    assert not (shop.directory / "sitemap").exists()


def test_a_consumer_ends_when_nothing_waits(shops: Shops) -> None:
    shop = shops.installed()
    shop.env["queue"] = {"consumers_wait_for_messages": 0}
    shop.write_env()
    assert shop.code("queue:consumers:start", "sales.order.export", "--max-messages=10") == 0
    assert shop.code("queue:consumers:start", "no.such.consumer") == 1


def test_a_single_thread_consumer_runs_once(shops: Shops) -> None:
    shop = shops.installed()
    waiting = subprocess.Popen(
        shop.command("queue:consumers:start", "sales.order.export", "--single-thread"), env=shop.environment
    )
    try:
        while shop.sql("SELECT IS_USED_LOCK(MD5('sales.order.export')) IS NULL") != "0":
            assert waiting.poll() is None
            time.sleep(0.02)
        assert shop.code("queue:consumers:start", "sales.order.export", "--single-thread") == 1
    finally:
        waiting.kill()
        waiting.wait()


def test_caches(shops: Shops) -> None:
    """`cache:flush` empties the storage for every release; `cache:clean` its own release's entries."""
    first, second = shops.installed("r1"), shops.release("r2")
    with first.serve() as one, second.serve() as two:
        one.get("/")
        two.get("/")
        second.magento("cache:clean", check=True)
        assert "r1_" in shops.stores.redis("KEYS", "zc:k:*", database=1)
        assert "r2_" not in shops.stores.redis("KEYS", "zc:k:*", database=1)
        second.magento("cache:flush", check=True)
    assert shops.stores.redis("KEYS", "*", database=1) == ""
    assert first.code("cache:disable", "full_page") == 0
    assert "full_page: 0" in first.magento("cache:status").stdout
    assert first.code("cache:enable", "full_page") == 0
    assert first.code("cache:clean", "no_such_type") == 1


def test_indexers_and_settings(shops: Shops) -> None:
    shop = shops.installed()
    assert "Reindex required" in shop.magento("indexer:status").stdout
    shop.magento("indexer:reindex", check=True)
    assert "Reindex required" not in shop.magento("indexer:status").stdout
    shop.magento("config:set", "web/cookie/cookie_domain", "client.url", check=True)
    assert shop.magento("config:show", "web/cookie/cookie_domain").stdout == "client.url\n"
    assert shop.code("config:set", "general/store_information/name", "Locked by env.php") == 1
    assert shop.code("config:show", "no/such/path") == 1


def test_modules(shops: Shops) -> None:
    """A module that is there and not listed yet is enabled by setup:upgrade."""
    shop = shops.installed()
    assert "Client_Sitemap : Module is enabled" in shop.magento("module:status").stdout
    shop.magento("module:disable", "Client_Sitemap", check=True)
    assert "Client_Sitemap : Module is disabled" in shop.magento("module:status").stdout
    config = shop.directory / "app/etc/config.php"
    config.write_text(config.read_text().replace("'Client_Sitemap' => 0,", ""))
    shop.magento("setup:upgrade", "--keep-generated", check=True)
    assert "Client_Sitemap : Module is enabled" in shop.magento("module:status").stdout


def test_changes_break_what_they_say(shops: Shops) -> None:
    changes = (releases.failing_page(), releases.failing_health())
    shop = shops.installed("r1", *changes)
    paths = ("/", "/women.html", "/linen-shirt.html", "/health_check.php")
    with shop.serve() as browser:
        assert [browser.get(path).status for path in paths] == [200, 500, 200, 500]


def test_a_slow_page(shops: Shops) -> None:
    shop = shops.installed("r1", releases.slow_page(0.5))
    with shop.serve() as browser:
        started = time.monotonic()
        assert browser.get("/women.html").status == 200
        assert time.monotonic() - started >= 0.5


@pytest.mark.parametrize("text", ["no-such-change", "slow-page", "slow-page=soon", "new-module=1"])
def test_a_change_that_is_not_known(text: str) -> None:
    with pytest.raises(ReleaseError):
        releases.named(text)
