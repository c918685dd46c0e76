"""What the stand-in shop answers while code, database and configuration differ, as a real Magento was seen to answer.

It was Magento Open Source 2.4.6 in production mode, with MariaDB 10.11, Redis, nginx and PHP 8.2.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time

from sandbox.applications import releases
from sandbox.tests.applications.shops import Shop, Shops

HEALTH = "/health_check.php"


def statuses(shop: Shop) -> tuple[int, int]:
    return shop.code("setup:db:status"), shop.code("app:config:status")


def test_in_order(shops: Shops) -> None:
    shop = shops.installed()
    assert statuses(shop) == (0, 0)
    with shop.serve() as browser:
        home = browser.get("/")
        assert (home.status, browser.get(HEALTH).status) == (200, 200)
        assert home.headers["x-release"] == "r1"
        assert "Maison" in home.body
        assert "This is a stand-in" in home.body


def test_not_installed(shops: Shops) -> None:
    """Without install/date no page is served, and the modules' commands are not there at all."""
    shop = shops.release("r1")
    del shop.env["install"]
    shop.write_env()
    status = shop.magento("setup:db:status")
    assert (status.returncode, "not installed" in status.stdout) == (1, True)
    config = shop.magento("app:config:status")
    assert (config.returncode, 'no commands defined in the "app:config" namespace' in config.stderr) == (1, True)
    with shop.serve() as browser:
        home = browser.get("/")
    assert (home.status, home.headers["location"]) == (302, "/setup/")
    assert "Application is not installed yet" in (shop.directory / "var/log/system.log").read_text()


def test_an_empty_database_that_is_said_to_be_installed(shops: Shops) -> None:
    """The list of stores is missing: nothing but setup:install without the date helps."""
    shop = shops.release("r1")
    assert statuses(shop) == (1, 1)
    assert "store' doesn't exist" in shop.magento("setup:upgrade", "--keep-generated").stderr


def test_no_connection(shops: Shops) -> None:
    shop = shops.installed()
    shop.env["db"]["connection"]["default"]["password"] = "wrong"
    shop.write_env()
    assert statuses(shop) == (1, 1)
    with shop.serve() as browser:
        assert browser.get(HEALTH).status == 500


def test_a_broken_file(shops: Shops) -> None:
    shop = shops.installed()
    (shop.directory / "app/etc/env.php").write_text("<?php\nreturn [")
    assert statuses(shop) == (1, 1)
    with shop.serve() as browser:
        assert [browser.get(path).status for path in ("/", HEALTH)] == [500, 500]


def test_the_database_takes_no_connection_without_tls(shops: Shops) -> None:
    shop = shops.installed()
    del shop.env["db"]["connection"]["default"]["driver_options"]
    shop.write_env()
    assert shop.code("setup:db:status") == 1


def test_maintenance(shops: Shops) -> None:
    shop = shops.installed()
    with shop.serve() as browser:
        assert shop.code("maintenance:enable") == 0
        assert [browser.get(path).status for path in ("/", "/women.html", HEALTH)] == [503, 503, 200]
        assert shop.code("maintenance:allow-ips", "127.0.0.1") == 0
        assert browser.get("/").status == 200
        assert "127.0.0.1" in shop.magento("maintenance:status").stdout
        shop.magento("maintenance:allow-ips", "--none", check=True)
        assert browser.get("/").status == 503
        assert shop.code("maintenance:disable") == 0
        assert browser.get("/").status == 200


def test_a_new_module_before_the_database(shops: Shops) -> None:
    shops.installed()
    new = shops.release("r2", releases.new_module())
    assert new.code("setup:db:status") == 2
    with new.serve() as browser:
        assert [browser.get(path).status for path in ("/", "/women.html", HEALTH)] == [500, 500, 200]
    assert "Please upgrade your database" in (new.directory / "var/log/exception.log").read_text()
    assert new.code("setup:upgrade", "--keep-generated") == 0
    assert statuses(new) == (0, 0)
    assert new.magento("client:loyalty:count").stdout == "0\n"


def test_a_new_column_in_code_only(shops: Shops) -> None:
    shops.installed()
    new = shops.release("r2", releases.new_column())
    assert new.code("setup:db:status") == 2
    with new.serve() as browser:
        assert [browser.get(path).status for path in ("/", "/women.html", "/linen-shirt.html")] == [200, 200, 500]


def test_an_additive_column_with_the_old_code(shops: Shops) -> None:
    old = shops.installed()
    new = shops.release("r2", releases.new_column())
    with old.serve() as browser:
        assert new.code("setup:upgrade", "--keep-generated") == 0
        assert [browser.get(path).status for path in ("/", "/linen-shirt.html")] == [200, 200]
    assert old.code("setup:db:status") == 0
    assert new.code("setup:db:status") == 0


def test_a_column_that_the_code_no_longer_has_is_dropped_when_it_is_whitelisted(shops: Shops) -> None:
    shop = shops.installed()
    schema = shop.directory / "app/code/Client/Catalog/etc/db_schema.xml"
    image = '        <column xsi:type="varchar" name="image" length="255" nullable="false"/>\n'
    schema.write_text(schema.read_text().replace(image, ""))
    assert shop.code("setup:db:status") == 2
    shop.magento("setup:upgrade", check=True)
    assert "image" not in shop.sql("DESCRIBE catalog_product")


def test_a_raised_setup_version_with_the_old_code(shops: Shops) -> None:
    """With a cache of both: the upgrade cleans it, and the old code looks at the database again."""
    old = shops.installed()
    new = shops.release("r2", releases.raised_setup_version())
    for frontend in new.env["cache"]["frontend"].values():
        frontend["id_prefix"] = "r1_"
    new.write_env()
    with old.serve() as browser:
        assert browser.get("/").status == 200
        assert new.code("setup:upgrade", "--keep-generated") == 0
        assert browser.get("/").status == 500
        assert "Please update your modules" in (old.directory / "var/log/exception.log").read_text()
        assert old.code("setup:db:status") == 2
        old.env["deployment"] = {"blue_green": {"enabled": True}}
        old.write_env()
        assert browser.get("/").status == 200
    assert old.code("setup:db:status") == 2


def test_a_raised_setup_version_reaches_the_old_code_when_its_cache_is_gone(shops: Shops) -> None:
    """With a prefix each: that the database is in order is remembered in the old release's cache, until a flush."""
    old = shops.installed()
    new = shops.release("r2", releases.raised_setup_version())
    with old.serve() as browser:
        assert browser.get("/").status == 200
        assert new.code("setup:upgrade", "--keep-generated") == 0
        assert browser.get("/women.html").status == 200
        assert new.code("cache:flush") == 0
        assert browser.get("/women.html").status == 500


def test_a_changed_system_value(shops: Shops) -> None:
    """Until it is imported, pages that are in the page cache are 200 and all others are 500."""
    shop = shops.installed()
    with shop.serve() as browser:
        assert browser.get("/").status == 200
        shop.env["system"]["default"]["general"]["store_information"]["name"] = "Atelier"
        shop.write_env()
        assert [browser.get(path).status for path in ("/", "/women.html", HEALTH)] == [200, 500, 200]
        assert "The configuration file has changed" in (shop.directory / "var/log/exception.log").read_text()
        assert statuses(shop) == (0, 2)
        assert shop.code("app:config:import") == 0
        assert browser.get("/women.html").status == 200
    assert statuses(shop) == (0, 0)


def test_a_failing_data_patch(shops: Shops) -> None:
    old = shops.installed()
    new = shops.release("r2", releases.failing_data_patch())
    with old.serve() as browser:
        failed = new.magento("setup:upgrade", "--keep-generated")
        assert (failed.returncode, "client/stock/warehouse is not set" in failed.stderr) == (1, True)
        assert "client_warehouse" in shops.stores.sql("SHOW TABLES", shops.database)
        assert new.code("setup:db:status") == 2
        assert browser.get("/").status == 200
    new.magento("config:set", "client/stock/warehouse", "Lille", check=True)
    assert new.code("setup:upgrade", "--keep-generated") == 0
    assert statuses(new) == (0, 0)


def test_an_upgrade_that_is_killed_half_way(shops: Shops) -> None:
    shops.installed()
    new = shops.release("r2", releases.new_column(), releases.slow_migration(30))
    process = subprocess.Popen(
        new.command("setup:upgrade", "--keep-generated"), stdout=subprocess.DEVNULL, env=new.environment
    )
    while "SLEEP" not in shops.stores.sql(
        "SELECT GROUP_CONCAT(info) FROM information_schema.processlist WHERE info LIKE 'DO%'"
    ):
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert new.code("setup:db:status") == 2
    patch = new.directory / "app/code/Client/Catalog/Setup/Patch/Data/RecalculatePrices.php"
    patch.write_text(patch.read_text().replace("SLEEP(3", "SLEEP(0"))
    assert new.code("setup:upgrade", "--keep-generated") == 0
    assert statuses(new) == (0, 0)


def test_two_upgrades_at_once(shops: Shops) -> None:
    """Magento has no lock: both succeed."""
    shops.installed()
    new = shops.release("r2", releases.new_module(), releases.new_column(), releases.slow_migration(0.5))
    processes = [
        subprocess.Popen(
            new.command("setup:upgrade", "--keep-generated"), stdout=subprocess.DEVNULL, env=new.environment
        )
        for _ in range(2)
    ]
    assert [process.wait() for process in processes] == [0, 0]
    assert statuses(new) == (0, 0)


def test_an_old_release_on_the_new_ones_cache_prefix(shops: Shops) -> None:
    """The list of commands is configuration that is cached: the old code does not have the new module's class."""
    old = shops.installed()
    new = shops.release("r2", releases.new_module())
    new.magento("setup:upgrade", "--keep-generated", check=True)
    new.magento("cache:status", check=True)
    assert old.code("cache:status") == 0
    for frontend in old.env["cache"]["frontend"].values():
        frontend["id_prefix"] = "r2_"
    old.write_env()
    flush = old.magento("cache:flush")
    assert flush.returncode == 1
    assert 'no commands defined in the "cache" namespace' in flush.stderr
    assert 'Class "Client\\Loyalty\\Console\\Commands" does not exist' in flush.stderr
    assert old.code("setup:db:status") == 1


def test_a_second_upgrade(shops: Shops) -> None:
    shop = shops.installed()
    kept = shop.directory / "generated/metadata/global.php"
    assert shop.code("setup:upgrade", "--keep-generated") == 0
    assert kept.exists()
    dry = shop.magento("setup:upgrade", "--dry-run=1", "--keep-generated")
    assert (dry.returncode, (shop.directory / "var/log/dry-run-installation.log").exists()) == (0, False)
    assert shop.code("setup:upgrade") == 0
    assert not kept.exists()


def test_a_dry_run_changes_no_table_and_imports_the_configuration(shops: Shops) -> None:
    """`UpgradeCommand` imports it after a dry run too."""
    shops.installed()
    new = shops.release("r2", releases.new_column())
    new.env["system"]["default"]["general"]["store_information"]["name"] = "House"
    new.write_env()
    assert statuses(new) == (2, 2)
    assert new.code("setup:upgrade", "--dry-run=1", "--keep-generated") == 0
    assert "ADD COLUMN `origin`" in (new.directory / "var/log/dry-run-installation.log").read_text()
    assert statuses(new) == (2, 0)


def test_an_option_that_the_command_does_not_have(shops: Shops) -> None:
    """`setup:db-schema:upgrade` has neither --keep-generated nor --dry-run."""
    shop = shops.installed()
    for option in ("keep-generated", "dry-run"):
        refused = shop.magento("setup:db-schema:upgrade", f"--{option}")
        assert (refused.returncode, f'The "--{option}" option does not exist' in refused.stderr) == (1, True)
    assert shop.code("setup:db-schema:upgrade") == 0
    assert shop.code("no:such:command") == 1
