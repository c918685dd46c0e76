"""What scrubbing takes out of a copy of the shop's database, and what loading makes of the rest: on a real MariaDB."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from release.table_list import TableList
from sandbox.tests.applications.servers import Stores, require_programs, stores
from tests.servers.programs import require
from tests.servers.release import PLATFORM_CONFIG

# The shapes of Magento's own tables.
SHOP = """
CREATE TABLE core_config_data (config_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  scope VARCHAR(8) NOT NULL DEFAULT 'default', scope_id INT NOT NULL DEFAULT 0, path VARCHAR(255) NOT NULL, value TEXT,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE KEY u (scope, scope_id, path));
CREATE TABLE store (store_id SMALLINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, code VARCHAR(32));
CREATE TABLE customer_group (customer_group_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, code VARCHAR(32));
CREATE TABLE customer_entity (entity_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, email VARCHAR(255),
  store_id SMALLINT UNSIGNED, CONSTRAINT f FOREIGN KEY (store_id) REFERENCES store (store_id));
CREATE TABLE sales_order (entity_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, customer_id INT UNSIGNED,
  CONSTRAINT g FOREIGN KEY (customer_id) REFERENCES customer_entity (entity_id));
CREATE TABLE sales_order_status (status VARCHAR(32) PRIMARY KEY);
CREATE TABLE admin_user (user_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, username VARCHAR(40), email VARCHAR(128));
CREATE TABLE catalog_product_entity (entity_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, sku VARCHAR(64),
  picture VARBINARY(40), price DECIMAL(12,4), flags BIT(8), text TEXT,
  name_length INT AS (CHAR_LENGTH(sku)) STORED, made TIMESTAMP NULL);
CREATE TABLE catalog_product_price_cl (version_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, entity_id INT UNSIGNED);
CREATE TABLE inventory_source (source_code VARCHAR(255) PRIMARY KEY, contact_name VARCHAR(255), email VARCHAR(255));
CREATE TABLE indexer_state (indexer_id VARCHAR(255) PRIMARY KEY, status VARCHAR(16));
CREATE TABLE cms_page (page_id INT AUTO_INCREMENT PRIMARY KEY, content MEDIUMTEXT);
CREATE TABLE flag (flag_code VARCHAR(255) PRIMARY KEY, flag_data TEXT);
CREATE VIEW inventory_stock_1 AS SELECT entity_id, sku FROM catalog_product_entity;
CREATE TRIGGER trg_product_after_insert AFTER INSERT ON catalog_product_entity
  FOR EACH ROW INSERT INTO catalog_product_price_cl (entity_id) VALUES (NEW.entity_id);
SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
"""
PRODUCTION = (
    SHOP
    + r"""
INSERT INTO store VALUES (0, 'admin'), (1, 'default'), (2, 'anglais');
INSERT INTO customer_group VALUES (0, 'NOT LOGGED IN'), (1, 'General');
INSERT INTO customer_entity VALUES (1, 'jane@gmail.com', 1);
INSERT INTO sales_order VALUES (1, 1);
INSERT INTO sales_order_status VALUES ('pending');
INSERT INTO admin_user VALUES (1, 'boss', 'boss@client.url');
INSERT INTO catalog_product_entity (entity_id, sku, picture, price, flags, text, made) VALUES
  (1, 'LINEN-SHIRT', x'00ff275c', 49.9, b'101', 'L''été \\ à 49 €\nécru 👕', '2026-01-01 12:00:00'),
  (7, '', NULL, NULL, NULL, NULL, NULL);
INSERT INTO inventory_source VALUES ('default', 'Jane', 'jane@gmail.com');
INSERT INTO indexer_state VALUES ('catalogsearch_fulltext', 'valid');
INSERT INTO cms_page VALUES (1, 'Write to contact@client.url <img src="logo@2x.png">');
INSERT INTO flag VALUES ('system_config_snapshot', '{"password": "of-production"}');
INSERT INTO core_config_data (scope, scope_id, path, value) VALUES
  ('default', 0, 'general/locale/code', 'fr_FR'),
  ('default', 0, 'web/unsecure/base_url', 'https://client.url/'),
  ('stores', 2, 'web/secure/base_url', 'https://client.example/'),
  ('default', 0, 'carriers/parcels/key', '0:3:abcdef'),
  ('default', 0, 'erp/sync/endpoint', '0:3:ghijkl'),
  ('default', 0, 'payment/checkmo/active', '1');
"""
)
PREPRODUCTION = (
    SHOP
    + """
CREATE TABLE of_a_module_that_is_gone (id INT);
INSERT INTO store VALUES (0, 'admin'), (1, 'default'), (9, 'only here');
INSERT INTO customer_entity VALUES (1, 'tester@example.com', 1);
INSERT INTO sales_order VALUES (5, 1);
INSERT INTO admin_user VALUES (3, 'tester', 'tester@client.url');
INSERT INTO core_config_data (scope, scope_id, path, value) VALUES
  ('default', 0, 'general/locale/code', 'en_US'),
  ('default', 0, 'carriers/parcels/key', '0:3:own'),
  ('stores', 9, 'payment/checkmo/active', '0');
"""
)


@dataclass(frozen=True)
class Host:
    """A back office: a release, whose env.php names a database."""

    current: Path

    def run(self, script: str, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["php", self.current / ".platform" / script, *arguments], input=given, capture_output=True, check=False
        )


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stores, Stores]]:
    """Of the shop and of the copy, which is a server of its own, as on RDS. Both are pre-production's too."""
    require_programs()
    require("php")
    with stores(tmp_path_factory.mktemp("s")) as shop, stores(tmp_path_factory.mktemp("c")) as copy:
        yield shop, copy


@dataclass(frozen=True)
class Case:
    """Production with its copy, and pre-production."""

    shop: Stores
    copy: Stores
    directory: Path

    def host(self, database: str) -> Host:
        current = self.directory / database
        if not current.exists():
            shutil.copytree(PLATFORM_CONFIG / "magento/.platform", current / ".platform")
            (current / "app/etc").mkdir(parents=True)
            (current / "app/etc/env.php").write_text(
                "<?php return ['db' => ['table_prefix' => '', 'connection' => ['default' => ["
                f"'host' => '127.0.0.1:{self.shop.database_port}', 'dbname' => '{database}', 'username' => 'shop',"
                f" 'password' => 'secret', 'driver_options' => [1009 => '{self.shop.ca}', 1014 => false]]]],"
                " 'system' => ['default' => ['web' => ['unsecure' => ['base_url' => 'https://preprod.client.url/']]]]];"
            )
        return Host(current)

    def scrub(self, server: Stores | None = None) -> tuple[subprocess.CompletedProcess[bytes], dict[str, Any]]:
        listed, facts = self.directory / "list.json", self.directory / "facts.json"
        listed.write_bytes(TableList.read().to_bytes())
        facts.unlink(missing_ok=True)
        host = f"127.0.0.1:{(server or self.copy).database_port}"
        ran = self.host("production").run("scrub_copy.php", host, str(listed), str(facts))
        return ran, json.loads(facts.read_text()) if facts.exists() else {}

    def load(self, dump: bytes) -> subprocess.CompletedProcess[bytes]:
        return self.host("preproduction").run("load_copy.php", given=dump)

    def of_copy(self, statement: str) -> str:
        return self.copy.sql(statement, "production")

    def of_preproduction(self, statement: str) -> str:
        return self.shop.sql(statement, "preproduction")


@pytest.fixture
def case(servers: tuple[Stores, Stores], tmp_path: Path) -> Case:
    shop, copy = servers
    for server, name, statements in (
        (shop, "production", PRODUCTION),
        (copy, "production", PRODUCTION),
        (shop, "preproduction", PREPRODUCTION),
    ):
        server.sql(f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name} CHARACTER SET utf8mb4")
        server.sql(f"SET NAMES utf8mb4; {statements}", name)
    return Case(shop, copy, tmp_path)


def test_nobodys_data_leaves_production(case: Case) -> None:
    ran, facts = case.scrub()
    assert ran.returncode == 0, ran.stderr
    assert (facts["unlisted"], facts["left"], facts["settings"]) == ([], [], 5)
    for secret in (b"jane", b"Jane", b"boss@", b"of-production", b"0:3:", b"https://client"):
        assert secret not in ran.stdout, secret
    assert case.of_copy("SELECT COUNT(*) FROM customer_entity") == "0"
    # The shop's own database is as it was.
    assert case.shop.sql("SELECT email FROM customer_entity", "production") == "jane@gmail.com"
    assert case.shop.sql("SHOW TABLES LIKE 'refresh%'", "production") == ""


def test_preproduction_gets_the_rest_and_keeps_its_own(case: Case) -> None:
    ran, _ = case.scrub()
    # MySQL refuses a value for a column that it computes. MariaDB takes it.
    assert b"(`entity_id`, `sku`, `picture`, `price`, `flags`, `text`, `made`) VALUES" in ran.stdout
    loaded = case.load(ran.stdout)
    assert loaded.returncode == 0, loaded.stderr.decode()
    has = case.of_preproduction
    assert has("SELECT COUNT(*) FROM customer_entity") == has("SELECT COUNT(*) FROM sales_order") == "0"
    assert has("SELECT username FROM admin_user") == "tester"
    assert has("SELECT GROUP_CONCAT(store_id, code ORDER BY 1) FROM store") == "0admin,1default,2anglais"
    assert has("SELECT COUNT(*) FROM customer_group WHERE customer_group_id = 0") == "1"
    assert has("SELECT status FROM sales_order_status") == "pending"
    for statement in (
        "SELECT entity_id, sku, HEX(picture), price, flags + 0, HEX(text), name_length, made"
        " FROM catalog_product_entity",
        "SELECT * FROM inventory_stock_1",
        "SELECT * FROM catalog_product_price_cl",
        "SELECT * FROM cms_page",
    ):
        assert has(statement) == case.of_copy(statement)
    assert has("SELECT CONCAT_WS('|', contact_name, email) FROM inventory_source") == ""
    assert has("SELECT status FROM indexer_state") == "invalid"
    assert has("SHOW TABLES LIKE 'of_a%'") == has("SHOW TABLES LIKE 'refresh%'") == ""
    # Its trigger works, as its own user.
    before = int(has("SELECT COUNT(*) FROM catalog_product_price_cl"))
    has("INSERT INTO catalog_product_entity (sku) VALUES ('NEW')")
    assert int(has("SELECT COUNT(*) FROM catalog_product_price_cl")) == before + 1
    assert has("SELECT CONCAT(path, '=', value) FROM core_config_data ORDER BY path").splitlines() == [
        "carriers/parcels/key=0:3:own",
        "general/locale/code=fr_FR",
    ]
    # What env.php says for all stores need not be entered again, and what pre-production has neither.
    assert loaded.stdout.decode().splitlines() == [
        "web/secure/base_url (stores 2)",
        "erp/sync/endpoint",
        "payment/checkmo/active",
    ]


def test_a_table_that_nobody_has_listed_stops_it(case: Case) -> None:
    case.of_copy("CREATE TABLE unlisted_x (id INT)")
    ran, facts = case.scrub()
    assert (ran.returncode, ran.stdout) == (0, b"")
    assert facts == {"unlisted": ["unlisted_x"]}
    assert case.of_copy("SELECT COUNT(*) FROM customer_entity") == "1"


def test_an_address_in_what_is_kept_stops_it(case: Case) -> None:
    """It says where, and not whose."""
    case.of_copy("""INSERT INTO cms_page VALUES (2, 'jane@gmail.com, JOHN@mail.example.com, Jim@Orange.FR')""")
    case.of_copy("UPDATE catalog_product_entity SET picture = 'by jane@gmail.com' WHERE entity_id = 7")
    ran, facts = case.scrub()
    assert ran.stdout == b""
    assert facts["left"] == [
        "catalog_product_entity.picture: 1 e-mail addresses",
        "cms_page.content: 2 e-mail addresses",
    ]


def test_the_shops_own_database_is_never_scrubbed(case: Case) -> None:
    ran, facts = case.scrub(case.shop)
    assert ran.returncode == 1
    assert b"got the shop's own database, expected a copy" in ran.stderr
    assert facts == {}
    assert case.shop.sql("SELECT email FROM customer_entity", "production") == "jane@gmail.com"
    assert case.shop.sql("SHOW TABLES LIKE 'refresh%'", "production") == ""


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_load_that_was_killed_begins_again(case: Case, part: float) -> None:
    """Without losing what is pre-production's own."""
    dump = case.scrub()[0].stdout
    broken = case.load(dump[: int(len(dump) * part)])
    assert broken.returncode == 1
    assert b"it ends in the middle" in broken.stderr
    assert case.load(dump).returncode == 0
    assert case.of_preproduction("SELECT username FROM admin_user") == "tester"
    assert case.of_preproduction("SELECT value FROM core_config_data WHERE path = 'carriers/parcels/key'") == "0:3:own"
    assert case.of_preproduction("SHOW TABLES LIKE 'refresh%'") == ""
    assert case.of_preproduction("SELECT COUNT(*) FROM catalog_product_entity") == "2"


@pytest.mark.parametrize(
    ("table", "rule"),
    [
        ("customer_group", "kept"),
        ("customer_entity_varchar", "emptied"),
        ("sales_order", "emptied"),
        ("sales_order_status", "kept"),
        ("salesrule", "kept"),
        ("magento_rma_item_eav_attribute_website", "kept"),
        ("magento_rma_status_history", "emptied"),
        ("salesrule_coupon_usage", "emptied"),
        ("catalog_product_frontend_action", "emptied"),
        ("catalog_product_entity", "kept"),
        ("review", "emptied"),
        ("review_entity", "kept"),
        ("magento_sales_order_grid_archive", "emptied"),
        ("newsletter_template", "kept"),
        ("pagebuilder_template", "kept"),
        ("magento_salesrule_filter", "kept"),
        ("magento_reminder_template", "kept"),
        ("visual_merchandiser_rule", "kept"),
        ("event_data", "emptied"),
        ("queue_message_status", "emptied"),
        ("admin_user_session", "own"),
        ("oauth_token", "own"),
        ("loyalty_card", None),
    ],
)
def test_the_name_that_says_most_counts(table: str, rule: str | None) -> None:
    require("php")
    code = (
        "require $argv[1]; $list = json_decode(stream_get_contents(STDIN), true);"
        "echo json_encode(rule_of($argv[2], $list['tables']));"
    )
    script = PLATFORM_CONFIG / "magento/.platform/scrub_rules.php"
    said = subprocess.run(
        ["php", "-r", code, str(script), table], input=TableList.read().to_bytes(), capture_output=True, check=True
    )
    assert json.loads(said.stdout) == rule
