"""Row 2: the rendered ``env.php``, loaded by the real PHP and asked for every key that Magento reads."""

from __future__ import annotations

import functools
import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest

from tests.servers.programs import not_installed, require, unavailable
from tests.unit.graph import Graph
from tests.unit.program import build_program, stack_config

SESSION_CACHE = {"engine_version": "8.1", "node_type": "cache.t4g.small", "nodes": 2}
VERSIONS = {"2.4.8": "8.4", "2.4.9": "8.5"}
"""Magento's versions, each with a PHP that it supports."""

READ = {
    "install/date": "Framework\\App\\DeploymentConfig::isAvailable",
    "backend/frontName": "Backend\\App\\Area\\FrontNameResolver::getFrontName",
    "crypt/key": "Framework\\Encryption\\Encryptor::__construct",
    "db/table_prefix": "Framework\\App\\ResourceConnection::getTablePrefix",
    "db/connection/default/host": "Framework\\Model\\ResourceModel\\Type\\Db\\Pdo\\Mysql::getConnection",
    "db/connection/default/dbname": "Framework\\Model\\ResourceModel\\Type\\Db\\Pdo\\Mysql::getConnection",
    "db/connection/default/username": "Framework\\Model\\ResourceModel\\Type\\Db\\Pdo\\Mysql::getConnection",
    "db/connection/default/password": "Framework\\Model\\ResourceModel\\Type\\Db\\Pdo\\Mysql::getConnection",
    "db/connection/default/active": "Framework\\Model\\ResourceModel\\Type\\Db\\Pdo\\Mysql::getConnection",
    "db/connection/default/driver_options/1009": "Framework\\DB\\Adapter\\Pdo\\Mysql::_connect",
    "db/connection/default/driver_options/1014": "Framework\\DB\\Adapter\\Pdo\\Mysql::_connect",
    "resource/default_setup/connection": "Framework\\App\\ResourceConnection\\Config::getConnectionName",
    "x-frame-options": "Framework\\App\\Response\\XFrameOptPlugin::beforeSendResponse",
    "MAGE_MODE": "Framework\\App\\State::__construct",
    "cache/frontend/default/id_prefix": "Framework\\App\\Cache\\Frontend\\Factory::create",
    "cache/frontend/default/backend": "Framework\\App\\Cache\\Frontend\\Factory::create",
    "cache/frontend/default/backend_options/server": "Cm_Cache_Backend_Redis, SymfonyAdapterProvider",
    "cache/frontend/default/backend_options/port": "Cm_Cache_Backend_Redis, SymfonyAdapterProvider",
    "cache/frontend/default/backend_options/password": "Cm_Cache_Backend_Redis, SymfonyAdapterProvider",
    "cache/frontend/default/backend_options/database": "Cm_Cache_Backend_Redis, SymfonyAdapterProvider",
    "cache/frontend/page_cache/id_prefix": "Framework\\App\\Cache\\Frontend\\Factory::create",
    "cache/frontend/page_cache/backend": "Framework\\App\\Cache\\Frontend\\Factory::create",
    "cache/frontend/page_cache/backend_options/server": "Cm_Cache_Backend_Redis, SymfonyAdapterProvider",
    "cache/frontend/page_cache/backend_options/port": "Cm_Cache_Backend_Redis, SymfonyAdapterProvider",
    "cache/frontend/page_cache/backend_options/password": "Cm_Cache_Backend_Redis, SymfonyAdapterProvider",
    "cache/frontend/page_cache/backend_options/database": "Cm_Cache_Backend_Redis, SymfonyAdapterProvider",
    "cache/graphql/id_salt": "GraphQlCache\\Model\\CacheId\\CacheIdCalculator::getCacheId",
    **{
        f"cache_types/{name}": "Framework\\App\\Cache\\State::isEnabled"
        for name in (
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
            "graphql_query_resolver_result",
            "full_page",
            "target_rule",
            "config_webservice",
            "translate",
        )
    },
    "session/save": "Framework\\Session\\SaveHandler::__construct",
    "session/redis/host": "Framework\\Session\\SaveHandler\\Redis\\Config::getHost",
    "session/redis/port": "Framework\\Session\\SaveHandler\\Redis\\Config::getPort",
    "session/redis/password": "Framework\\Session\\SaveHandler\\Redis\\Config::getPassword",
    "session/redis/database": "Framework\\Session\\SaveHandler\\Redis\\Config::getDatabase",
    "session/redis/timeout": "Framework\\Session\\SaveHandler\\Redis\\Config::getTimeout",
    "session/redis/max_concurrency": "Framework\\Session\\SaveHandler\\Redis\\Config::getMaxConcurrency",
    "session/redis/disable_locking": "Framework\\Session\\SaveHandler\\Redis\\Config::getDisableLocking",
    "session/redis/break_after_frontend": "Framework\\Session\\SaveHandler\\Redis\\Config::getBreakAfter",
    "session/redis/break_after_adminhtml": "Framework\\Session\\SaveHandler\\Redis\\Config::getBreakAfter",
    "lock/provider": "Framework\\Lock\\LockBackendFactory::create",
    "directories/document_root_is_pub": "Framework\\App\\DocRootLocator::isPub",
    "downloadable_domains/0": "Downloadable\\Model\\DomainManager::getDomains",
    "cron_consumers_runner/cron_run": "MessageQueue\\Model\\Cron\\ConsumersRunner::run",
    "cron_consumers_runner/max_messages": "MessageQueue\\Model\\Cron\\ConsumersRunner::run",
    "cron_consumers_runner/consumers": "MessageQueue\\Model\\Cron\\ConsumersRunner::run",
    "queue/consumers_wait_for_messages": "Framework\\MessageQueue\\CallbackInvoker::isWaitingNextMessage",
    "db_logger/output": "Framework\\DB\\Logger\\LoggerProxy::__construct",
    "system/default/web/unsecure/base_url": "Store\\Model\\Store::getBaseUrl",
    "system/default/web/secure/base_url": "Store\\Model\\Store::getBaseUrl",
    "system/default/web/secure/use_in_frontend": "Store\\Model\\Store::isFrontUrlSecure",
    "system/default/web/secure/use_in_adminhtml": "Backend\\App\\Area\\FrontNameResolver, Store::isAdminUrlSecure",
    "system/default/catalog/search/engine": "Search\\Model\\EngineResolver::getCurrentSearchEngine",
    "system/default/catalog/search/opensearch_server_hostname": "OpenSearch\\Model\\Config::prepareClientOptions",
    "system/default/catalog/search/opensearch_server_port": "OpenSearch\\Model\\Config::prepareClientOptions",
    "system/default/catalog/search/opensearch_enable_auth": "OpenSearch\\Model\\Config::prepareClientOptions",
    "system/default/catalog/search/opensearch_username": "OpenSearch\\Model\\Config::prepareClientOptions",
    "system/default/catalog/search/opensearch_password": "OpenSearch\\Model\\Config::prepareClientOptions",
}
"""Every key that Magento needs here, by its path, with the class that reads it."""


@functools.cache
def graph_of(stack: str, magento: str, *, session_cache: bool = False) -> Graph:
    """A shipped stack with that version of Magento."""
    site = {**stack_config(stack)["magento:site"], "magento_version": magento, "php": VERSIONS[magento]}
    if session_cache:
        site["session_cache"] = SESSION_CACHE
    return build_program(stack, config={"magento:site": site})


def content(graph: Graph) -> str:
    return str(graph.one(aws.s3.BucketObjectv2, name="site-configuration-env").inputs["content"])


@functools.cache
def loaded(text: str) -> Mapping[str, Any]:
    """What PHP gets when it includes the file, by path: `cache/graphql/id_salt`."""
    require("php")
    # DeploymentConfig::get looks a path up the same way, in the arrays of all its levels.
    flatten = """
        $data = include 'php://stdin';
        $flat = [];
        $walk = function (array $level, string $prefix) use (&$walk, &$flat) {
            foreach ($level as $key => $value) {
                $flat[$prefix . $key] = $value;
                if (is_array($value)) { $walk($value, "$prefix$key/"); }
            }
        };
        $walk($data, '');
        echo json_encode($flat, JSON_THROW_ON_ERROR);
    """
    ran = subprocess.run(
        ["php", "-d", "allow_url_include=1", "-d", "error_reporting=E_ALL & ~E_DEPRECATED", "-r", flatten],
        input=text,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ran.returncode == 0, ran.stderr + ran.stdout
    read: Mapping[str, Any] = json.loads(ran.stdout)
    return read


ALL = [(stack, magento) for stack in ("prod", "preprod") for magento in VERSIONS]


@pytest.mark.row(2)
@pytest.mark.parametrize(("stack", "magento"), ALL)
def test_php_loads_the_file_and_finds_every_key_that_magento_reads(stack: str, magento: str) -> None:
    """A key that is missing is no error in Magento: it is a shop that is not installed, or one without caches."""
    env = loaded(content(graph_of(stack, magento)))
    missing = {path: reader for path, reader in READ.items() if env.get(path) is None}
    assert not missing
    assert {env[path] for path in READ if path.startswith("cache_types/")} == {1}


@pytest.mark.parametrize(("stack", "magento"), ALL)
def test_every_stack_and_version_has_the_same_date_of_installation(stack: str, magento: str) -> None:
    """A date of the stack's or the host's own would differ between hosts that serve together."""
    assert loaded(content(graph_of(stack, magento)))["install/date"] == "Thu, 01 Jan 2026 00:00:00 +0000"


@pytest.mark.parametrize(("stack", "host"), [("prod", "client.url"), ("preprod", "preprod.client.url")])
def test_the_sites_own_addresses_win_over_those_of_a_copied_database(stack: str, host: str) -> None:
    env = loaded(content(graph_of(stack, "2.4.8")))
    assert env["system/default/web/unsecure/base_url"] == f"https://{host}/"
    assert env["system/default/web/secure/base_url"] == f"https://{host}/"
    assert env["system/default/web/secure/use_in_frontend"] == "1"
    assert env["downloadable_domains/0"] == host
    media = env.get("system/default/web/secure/base_media_url")
    assert media == ("https://media.client.url/" if stack == "prod" else None)


@pytest.mark.parametrize("magento", VERSIONS)
def test_each_release_has_its_own_keys_in_the_caches(magento: str) -> None:
    """A deploy puts the release's name in the token's place: wherever a cache's key is made, and nowhere else."""
    env = loaded(content(graph_of("prod", magento)))
    tokens = {path: value for path, value in env.items() if isinstance(value, str) and "@RELEASE@" in value}
    assert tokens == {
        "cache/frontend/default/id_prefix": "@RELEASE@_",
        "cache/frontend/page_cache/id_prefix": "@RELEASE@_",
        "cache/graphql/id_salt": "@RELEASE@",
    }


@pytest.mark.parametrize(
    ("magento", "backend", "save"),
    [("2.4.8", "Magento\\Framework\\Cache\\Backend\\Redis", "redis"), ("2.4.9", "valkey", "valkey")],
)
def test_caches_and_sessions_are_named_as_the_version_knows_them(magento: str, backend: str, save: str) -> None:
    graph = graph_of("prod", magento)
    env = loaded(content(graph))
    group = graph.one(aws.elasticache.ReplicationGroup)
    address, token = group.outputs["primaryEndpointAddress"], group.inputs["authToken"]
    for number, frontend in enumerate(("default", "page_cache")):
        found = f"cache/frontend/{frontend}"
        assert env[f"{found}/backend"] == backend
        assert env[f"{found}/backend_options/database"] == str(number)
        assert env[f"{found}/backend_options/password"] == token
        server = (env[f"{found}/backend_options/server"], env[f"{found}/backend_options/port"])
        assert server == ((f"tls://{address}", "6379") if magento == "2.4.8" else ("127.0.0.1", "6380"))
    assert env["session/save"] == save
    assert (env["session/redis/host"], env["session/redis/database"]) == (f"tls://{address}", "2")
    assert env["session/redis/password"] == token


@pytest.mark.parametrize("magento", VERSIONS)
def test_sessions_move_to_their_own_cache_if_the_site_has_one(magento: str) -> None:
    graph = graph_of("prod", magento, session_cache=True)
    env = loaded(content(graph))
    sessions = graph.one(aws.elasticache.ReplicationGroup, name="site-session-cache-cluster")
    assert env["session/redis/host"] == f"tls://{sessions.outputs['primaryEndpointAddress']}"
    assert env["session/redis/password"] == sessions.inputs["authToken"]
    assert env["session/redis/database"] == "0"
    caches = graph.one(aws.elasticache.ReplicationGroup, name="site-cache-cluster")
    assert env["cache/frontend/default/backend_options/password"] == caches.inputs["authToken"]


SYMFONY = Path("/usr/share/php/Symfony/Component/Cache/autoload.php")


def test_symfonys_cache_cannot_be_told_to_use_tls() -> None:
    """Why Magento 2.4.9 connects to a program on the instance: it makes `redis://token@<server>:<port>/<database>` of
    the options, and Symfony's own parser then takes `tls` for a host's name."""
    require("php")
    if not SYMFONY.exists():
        unavailable(not_installed("php-symfony-cache"))
    program = f"""
        require '{SYMFONY}';
        try {{
            Symfony\\Component\\Cache\\Adapter\\RedisAdapter::createConnection('redis://t@tls://cache.invalid:6379/0');
        }} catch (Exception $error) {{ echo $error->getMessage(); }}
    """
    ran = subprocess.run(["php", "-r", program], capture_output=True, text=True, timeout=30)
    assert "getaddrinfo for tls failed" in ran.stdout, ran.stdout + ran.stderr


@pytest.mark.parametrize("stack", ["prod", "preprod"])
def test_no_secret_of_the_file_is_told_in_the_open(stack: str) -> None:
    """Its passwords are in the file, which is a secret of the state, and in no other plain input of any resource."""
    graph = graph_of(stack, "2.4.8", session_cache=True)
    env = loaded(content(graph))
    secrets = {
        str(value) for path, value in env.items() if re.search(r"/(password|opensearch_password|key)$", path) and value
    }
    assert len(secrets) == 5, "the database's, both caches', the search engine's, and the crypt key"
    assert graph.one(aws.s3.BucketObjectv2, name="site-configuration-env").is_secret("content")
    for environment in graph.of_type(aws.elasticbeanstalk.Environment):
        settings = json.dumps(environment.inputs["settings"])
        assert not [each for each in secrets if each in settings]
    exported = json.dumps({name: str(value) for name, value in graph.exports.items()})
    assert not [each for each in secrets if each in exported]
