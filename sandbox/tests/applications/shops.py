"""A release of the stand-in shop with an env.php, its commands and its pages."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.applications import releases
from sandbox.applications.releases import Change
from sandbox.tests.applications.servers import ROUTER, TOKEN, Browser, Stores, php_server

INSTALLED = "Wed, 25 Nov 2026 12:00:00 +0000"
TYPES = (
    "config",
    "layout",
    "block_html",
    "collections",
    "reflection",
    "db_ddl",
    "compiled_config",
    "eav",
    "customer_notification",
    "config_integration",
    "config_integration_api",
    "full_page",
    "config_webservice",
    "translate",
)


def php(value: object) -> str:
    """A PHP expression of a Python value."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case dict():
            return "[" + ", ".join(f"{php(key)} => {php(each)}" for key, each in value.items()) + "]"
        case list() | tuple():
            return "[" + ", ".join(map(php, value)) + "]"
        case _:
            return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


class Shop:
    """One release in a directory, with the configuration of a host."""

    def __init__(self, directory: Path, stores: Stores, database: str, release: str) -> None:
        self.directory = directory
        self.stores = stores
        self.database = database
        (directory / ".platform").mkdir(exist_ok=True)
        (directory / ".platform/release.env").write_text(f"RELEASE={release}\nSITE_CONFIGURATION_VERSION=v1\n")
        self.env = environment(stores, database, f"{release}_")
        if self.is_symfony:
            # Its cache cannot speak TLS.
            for frontend in self.env["cache"]["frontend"].values():
                frontend["backend"] = "valkey"
                frontend["backend_options"] |= {"server": "127.0.0.1", "port": str(stores.redis_plain_port)}
        self.write_env()

    @property
    def is_symfony(self) -> bool:
        return '"2.4.9"' in (self.directory / "composer.json").read_text()

    def install(self) -> None:
        """Install into the empty database. Until then, env.php has no install/date."""
        date = self.env.pop("install")
        self.write_env()
        self.magento("setup:install", check=True)
        self.env["install"] = date
        self.write_env()

    def write_env(self) -> None:
        (self.directory / "app/etc/env.php").write_text(f"<?php\nreturn {php(self.env)};\n")

    def magento(self, *words: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(self.command(*words), capture_output=True, text=True, check=False, env=self.environment)
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done

    def command(self, *words: str) -> list[str]:
        return ["php", str(self.directory / "bin/magento"), *words]

    @property
    def environment(self) -> dict[str, str]:
        """The certificate of the stores is trusted, as a host trusts Amazon's."""
        return {**os.environ, **self.stores.trust}

    def code(self, *words: str) -> int:
        return self.magento(*words).returncode

    def sql(self, statement: str) -> str:
        return self.stores.sql(statement, self.database)

    @contextmanager
    def serve(self, env: Mapping[str, str] | None = None) -> Iterator[Browser]:
        with php_server(self.directory, "pub", self.stores, ROUTER, env) as browser:
            yield browser


def environment(stores: Stores, database: str, id_prefix: str) -> dict[str, Any]:
    """env.php for Magento 2.4.8, with what a deploy needs."""
    server = {"server": "tls://127.0.0.1", "port": str(stores.redis_port), "password": TOKEN}
    frontend = {"id_prefix": id_prefix, "backend": "Magento\\Framework\\Cache\\Backend\\Redis"}
    return {
        "backend": {"frontName": "backend"},
        "install": {"date": INSTALLED},
        "cache_types": dict.fromkeys(TYPES, 1),
        "db": {
            "table_prefix": "",
            "connection": {
                "default": {
                    "host": f"127.0.0.1:{stores.database_port}",
                    "dbname": database,
                    "username": "shop",
                    "password": "secret",
                    "driver_options": {"1009": str(stores.ca), "1014": True},
                }
            },
        },
        "MAGE_MODE": "production",
        "cache": {
            "frontend": {
                "default": {**frontend, "backend_options": {**server, "database": "0"}},
                "page_cache": {**frontend, "backend_options": {**server, "database": "1"}},
            }
        },
        "session": {
            "save": "redis",
            "redis": {"host": "tls://127.0.0.1", "port": str(stores.redis_port), "password": TOKEN, "database": "2"},
        },
        "directories": {"document_root_is_pub": True},
        "system": {"default": {"general": {"store_information": {"name": "Maison"}}}},
    }


class Shops:
    """Releases of one shop: they share a database and Redis."""

    def __init__(self, directory: Path, stores: Stores, database: str) -> None:
        self.directory = directory
        self.stores = stores
        self.database = database

    def release(self, name: str, *changes: Change, magento: str = releases.VERSION) -> Shop:
        tree = releases.build(self.directory / name / "app-root", *changes, magento=magento)
        return Shop(tree, self.stores, self.database, name)

    def installed(self, name: str = "r1", *changes: Change) -> Shop:
        """A release whose database is in order."""
        shop = self.release(name, *changes)
        shop.install()
        return shop
