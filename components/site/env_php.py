"""Magento's ``app/etc/env.php`` as data."""

from __future__ import annotations

from dataclasses import dataclass

from components.data import cache as valkey
from components.data import mysql_database as mysql
from components.data import search as opensearch
from components.shared.php_array import PhpValue
from settings.content_delivery import ContentDeliverySettings
from settings.magento_versions import CacheBackend

CERTIFICATES_OF_RDS = "/etc/pki/tls/certs/rds-global-bundle.pem"
"""The file into which a deploy puts RDS's certificate authorities ("Using SSL/TLS to encrypt a connection")."""
RELEASE = "@RELEASE@"
"""Stands for a release's own short name. A deploy puts the name in its place."""
LOCAL_CACHE_PORT = 6380
"""The port of the tunnel to the cache on each instance (``15_open_cache_tunnel.sh``)."""

_INSTALLED = "Thu, 01 Jan 2026 00:00:00 +0000"
"""Magento only asks whether there is a date. Every instance must have the same, in every file: so it is a constant."""
_CACHE_TYPES = (
    "config",
    "layout",
    "block_html",
    "collections",
    "reflection",
    "db_ddl",
    "compiled_config",
    "webhooks_response",
    "eav",
    "customer_notification",
    "config_integration",
    "config_integration_api",
    "graphql_query_resolver_result",
    "admin_ui_sdk",
    "full_page",
    "target_rule",
    "config_webservice",
    "translate",
)
"""All types of "Manage the cache": those of Magento Open Source and of Adobe Commerce. A type that is not named is off.
Magento merges this list with that of ``app/etc/config.php``, where a shop names the types of its own modules."""
_SESSIONS_WAITING = 20
"""Requests of one session that may wait for each other. Adobe asks for a tenth of the PHP processes or more ("Use
Valkey for session storage"): 20 serve 200 processes."""
_MESSAGES = 10_000
"""Messages after which a consumer ends, so that it frees its memory and runs the newest code: Magento's default."""


@dataclass(frozen=True, kw_only=True)
class ValkeyConnection:
    """How to connect to a Valkey group."""

    host: str
    token: str


@dataclass(frozen=True, kw_only=True)
class EnvPhp:
    """What ``env.php`` says. Its sections are Adobe's ("env.php reference"), all values that Magento's readers need.

    Magento hashes the section ``system``. When a value of it changes, every page that is not cached answers 500 until
    ``app:config:import`` has run. So it holds only what differs by stack: the site's addresses and its search engine.
    """

    crypt_key: str
    back_office_path: str
    cache_backend: CacheBackend
    host_name: str
    """The name that shoppers type."""
    document_root: str
    delivery: ContentDeliverySettings | None
    """The host names from which browsers fetch media and statics. Without it, the site serves them."""
    database_host: str
    database_name: str
    database_user: str
    database_password: str
    cache: ValkeyConnection
    session_cache: ValkeyConnection | None
    """The group for sessions alone. Without it, sessions are in ``cache``."""
    search_host: str
    search_password: str

    def data(self) -> dict[str, PhpValue]:
        """The array that the file returns."""
        return {
            "install": {"date": _INSTALLED},
            "backend": {"frontName": self.back_office_path},
            "crypt": {"key": self.crypt_key},
            "db": {"table_prefix": "", "connection": {"default": self._connection()}},
            "resource": {"default_setup": {"connection": "default"}},
            "x-frame-options": "SAMEORIGIN",
            "MAGE_MODE": "production",
            "cache": self._caches(),
            "cache_types": dict.fromkeys(_CACHE_TYPES, 1),
            "session": self._sessions(),
            "lock": {"provider": "db", "config": {"prefix": ""}},
            "directories": {"document_root_is_pub": self.document_root.rstrip("/").endswith("/pub")},
            "downloadable_domains": {"0": self.host_name},
            # Cron starts every consumer ("Manage message queues"). One that has nothing to do ends at once.
            "cron_consumers_runner": {"cron_run": True, "max_messages": _MESSAGES, "consumers": {}},
            "queue": {"consumers_wait_for_messages": 0},
            "db_logger": {
                "output": "disabled",
                "log_everything": 0,
                "query_time_threshold": "0.001",
                "include_stacktrace": 0,
            },
            "system": {"default": {"web": self._addresses(), "catalog": {"search": self._search()}}},
            **self._for_hooks(),
        }

    def _for_hooks(self) -> dict[str, PhpValue]:
        """What a deploy reads of the file, and Magento does not: so it belongs to the release as well."""
        if not self.cache_backend.needs_local_tls:
            return {}
        return {
            "platform": {"cache_tunnel": {"accept": LOCAL_CACHE_PORT, "connect": f"{self.cache.host}:{valkey.PORT}"}}
        }

    def _connection(self) -> dict[str, PhpValue]:
        return {
            "host": f"{self.database_host}:{mysql.PORT}",
            "dbname": self.database_name,
            "username": self.database_user,
            "password": self.database_password,
            "model": "mysql4",
            "engine": "innodb",
            "initStatements": "SET NAMES utf8;",
            "active": "1",
            # 1009 is PDO::MYSQL_ATTR_SSL_CA, 1014 PDO::MYSQL_ATTR_SSL_VERIFY_SERVER_CERT.
            "driver_options": {"1009": CERTIFICATES_OF_RDS, "1014": True},
        }

    def _caches(self) -> dict[str, PhpValue]:
        """The caches in databases 0 and 1, so that one can be flushed without the other.

        Each release has its own keys: otherwise the old one's commands and pages would read what the new one cached.
        """
        server: dict[str, PhpValue] = {
            **(
                {"server": "127.0.0.1", "port": str(LOCAL_CACHE_PORT)}
                if self.cache_backend.needs_local_tls
                else {"server": f"tls://{self.cache.host}", "port": str(valkey.PORT)}
            ),
            "password": self.cache.token,
        }
        common: dict[str, PhpValue] = {"id_prefix": f"{RELEASE}_", "backend": self.cache_backend.value}
        return {
            "frontend": {
                "default": {**common, "backend_options": {**server, "database": "0"}},
                # Pages are compressed by the page cache itself.
                "page_cache": {**common, "backend_options": {**server, "database": "1", "compress_data": "0"}},
            },
            # Part of the key of every cached GraphQL answer.
            "graphql": {"id_salt": RELEASE},
        }

    def _sessions(self) -> dict[str, PhpValue]:
        """Sessions, in database 2 of the cache or 0 of a group for sessions alone.

        The options are below ``redis`` whatever ``save`` says ("Use Valkey for session storage"): Magento 2.4.9 looks
        for them there too.
        """
        store = self.session_cache or self.cache
        return {
            "save": "valkey" if self.cache_backend is CacheBackend.SYMFONY_VALKEY else "redis",
            "redis": {
                "host": f"tls://{store.host}",
                "port": str(valkey.PORT),
                "password": store.token,
                "timeout": "2.5",
                "database": "0" if self.session_cache else "2",
                "compression_threshold": "2048",
                "compression_library": "gzip",
                "log_level": "4",
                "max_concurrency": str(_SESSIONS_WAITING),
                "break_after_frontend": "5",
                "break_after_adminhtml": "30",
                "first_lifetime": "600",
                "bot_first_lifetime": "60",
                "bot_lifetime": "7200",
                "disable_locking": "0",
                "min_lifetime": "60",
                "max_lifetime": "2592000",
            },
        }

    def _addresses(self) -> dict[str, PhpValue]:
        """The site's own addresses: with a copy of production's database, pre-production would lead shoppers there."""
        site = f"https://{self.host_name}/"
        addresses: dict[str, PhpValue] = {"base_url": site}
        if self.delivery:
            addresses |= {
                "base_media_url": f"https://{self.delivery.media}/",
                "base_static_url": f"https://{self.delivery.static}/",
            }
        return {"unsecure": addresses, "secure": {**addresses, "use_in_frontend": "1", "use_in_adminhtml": "1"}}

    def _search(self) -> dict[str, PhpValue]:
        return {
            "engine": "opensearch",
            "opensearch_server_hostname": f"https://{self.search_host}",
            "opensearch_server_port": str(opensearch.PORT),
            "opensearch_enable_auth": "1",
            "opensearch_username": opensearch.USERNAME,
            "opensearch_password": self.search_password,
        }
