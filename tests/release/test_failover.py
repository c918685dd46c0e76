"""`./shop drill failover`: database and cache change their zone, and the shop is asked for pages meanwhile."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from commands.errors import CommandError, ExitCode
from release import drill, failover
from release.failover import PAGE, Shopper, longest_gap
from release.site import Site
from sandbox.emulator.in_process import client
from sandbox.tests.certificates import self_signed
from tests.release.conftest import BUCKET, REGION
from tests.release.test_drill import DATABASE, deployed, rds

__all__ = ["rds"]
CACHE = "client-prod-site"


class Shop(ThreadingHTTPServer):
    """A shop over TLS with a certificate of its own, which answers with a status."""

    status = 200
    paths: list[tuple[str, str]]

    def __init__(self, directory: Path) -> None:
        super().__init__(("127.0.0.1", 0), Page)
        pair = self_signed("www.client.url")
        both = directory / "certificate.pem"
        both.write_text(pair.certificate + pair.private_key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(both)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.paths = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Page(BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        self.server.paths.append((self.headers["Host"], self.path))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def elasticache(rds: Any) -> Any:
    """With the site's cache, of two nodes."""
    found = rds.describe_db_subnet_groups(DBSubnetGroupName="private")["DBSubnetGroups"][0]["Subnets"]
    made = client("elasticache", REGION)
    made.create_cache_subnet_group(
        CacheSubnetGroupName="private",
        CacheSubnetGroupDescription="private",
        SubnetIds=[each["SubnetIdentifier"] for each in found],
    )
    made.create_replication_group(
        ReplicationGroupId=CACHE,
        ReplicationGroupDescription="cache",
        Engine="valkey",
        EngineVersion="8.0",
        CacheNodeType="cache.r7g.large",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
        MultiAZEnabled=True,
        CacheSubnetGroupName="private",
    )
    return made


@pytest.fixture
def run(elasticache: Any, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Any:
    [group] = elasticache.describe_replication_groups()["ReplicationGroups"]
    address = group["NodeGroups"][0]["PrimaryEndpoint"]["Address"]
    monkeypatch.setattr(Site, "of", lambda _stack: deployed(cache_address=address))
    monkeypatch.setattr(failover, "_PAUSE_SECONDS", 0.01)

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(drill.app, ["failover", "-s", "prod", "--address", shop.address, *arguments])

    return run


def code(ran: Any) -> ExitCode:
    """What `./shop` ends with after what the command raised."""
    assert isinstance(ran.exception, CommandError), ran.output
    return ran.exception.exit_code


def zone(rds: Any) -> str:
    return str(rds.describe_db_instances(DBInstanceIdentifier=DATABASE)["DBInstances"][0]["AvailabilityZone"])


def primary(elasticache: Any) -> str:
    [group] = elasticache.describe_replication_groups(ReplicationGroupId=CACHE)["ReplicationGroups"]
    members = group["NodeGroups"][0]["NodeGroupMembers"]
    return next(str(each["CacheClusterId"]) for each in members if each["CurrentRole"] == "primary")


def recorded(s3: Any) -> list[dict[str, Any]]:
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix="prod/drills/").get("Contents", [])]
    return [json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()) for key in keys]


@pytest.mark.row(5)
def test_database_and_cache_change_their_zone_while_the_shop_is_asked(
    run: Any, rds: Any, elasticache: Any, shop: Shop, s3: Any
) -> None:
    before = zone(rds), primary(elasticache)
    ran = run()
    assert ran.exit_code == 0, ran.output
    assert zone(rds) != before[0]
    assert primary(elasticache) != before[1]
    [found] = recorded(s3)
    assert [each["name"] for each in found["failover"]] == [f"database {DATABASE}", f"cache {CACHE}"]
    assert all(each["came_back"] and each["failed"] == 0 for each in found["failover"])
    assert found["url"] == f"https://www.client.url{PAGE}"
    # Each time another page, or whatever stands in front of the shop would answer.
    assert len({path for _, path in shop.paths}) == len(shop.paths) > 2 * failover._STEADY
    assert {host for host, _ in shop.paths} == {"www.client.url"}


def test_nothing_fails_over_while_the_shop_is_away(run: Any, rds: Any, shop: Shop) -> None:
    shop.status = 503
    before = zone(rds)
    ran = run()
    assert code(ran) == ExitCode.COULD_NOT_RUN
    assert f"https://www.client.url{PAGE}: got status 503" in str(ran.exception)
    assert zone(rds) == before


def test_nothing_fails_over_when_the_cache_has_no_replica(run: Any, rds: Any, elasticache: Any) -> None:
    """All are looked at before the first."""
    before = zone(rds)
    elasticache.modify_replication_group(
        ReplicationGroupId=CACHE, MultiAZEnabled=False, AutomaticFailoverEnabled=False, ApplyImmediately=True
    )
    ran = run()
    assert code(ran) == ExitCode.COULD_NOT_RUN
    assert f"cache {CACHE}: got one node" in str(ran.exception)
    assert zone(rds) == before


def test_a_database_in_one_zone_is_named(run: Any, rds: Any, elasticache: Any) -> None:
    rds.modify_db_instance(DBInstanceIdentifier=DATABASE, MultiAZ=False, ApplyImmediately=True)
    before = primary(elasticache)
    ran = run()
    assert code(ran) == ExitCode.COULD_NOT_RUN
    assert f"database {DATABASE}: got one availability zone" in str(ran.exception)
    assert primary(elasticache) == before


def test_a_release_that_is_at_work_keeps_the_lock(run: Any, rds: Any) -> None:
    before = zone(rds)
    lock = Site.of("prod").locked("r7")
    try:
        ran = run()
    finally:
        lock.free()
    assert code(ran) == ExitCode.LOCKED
    assert zone(rds) == before
    assert run().exit_code == 0


def test_a_shop_that_does_not_come_back_fails_the_drill(
    run: Any, rds: Any, elasticache: Any, shop: Shop, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And its cache stays as it is."""
    before = primary(elasticache)
    monkeypatch.setattr(failover, "_BACK_SECONDS", 0.5)
    real = client("rds", REGION)

    def fails(**arguments: Any) -> Any:
        shop.status = 500
        return real.reboot_db_instance(**arguments)

    broken = SimpleNamespace(
        describe_db_instances=real.describe_db_instances,
        describe_events=real.describe_events,
        reboot_db_instance=fails,
    )
    site = Site.of("prod")
    session = SimpleNamespace(client=lambda service: broken if service == "rds" else client(service, REGION))
    monkeypatch.setattr(Site, "of", lambda _stack: Site(site.stack, session))
    ran = run()
    assert code(ran) == ExitCode.FAILED
    assert f"database {DATABASE}" in str(ran.exception)
    [found] = recorded(s3)
    [database] = found["failover"]
    assert not database["came_back"]
    assert database["failed"] > 0
    assert primary(elasticache) == before


@pytest.mark.parametrize("address", ["", ":443", "a:b", "a b", "a:\u00b2", "a:443:1", "a\n"])
def test_an_address_that_is_none_is_refused(run: Any, rds: Any, address: str) -> None:
    before = zone(rds)
    ran = run("--address", address)
    assert (code(ran), zone(rds)) == (ExitCode.COULD_NOT_RUN, before)
    assert f"--address: got {address!r}" in str(ran.exception)


def test_a_shop_that_refuses_connections_has_a_fault(shop: Shop) -> None:
    shopper = Shopper.of("www.client.url", shop.address)
    assert shopper.ask() == ""
    shop.shutdown()
    shop.server_close()
    assert "refused" in shopper.ask()


def test_the_longest_gap_is_between_two_pages() -> None:
    assert longest_gap([1.0, 1.5, 9.0, 9.5]) == 7.5
    assert longest_gap([1.0]) == longest_gap([]) == 0
