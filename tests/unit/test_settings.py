"""Bad config is refused with the field, what it got and what it expected: all at once, before anything is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import settings
from certificate_files import CertificateError
from tests.unit.program import build, build_program, stack_config


def refused(stack: str, change: Callable[[dict[str, Any]], None]) -> str:
    """The error for a shipped stack file with a change to it."""
    config = stack_config(stack)
    change(config)
    with pytest.raises(settings.SettingsError) as error:
        build(lambda: settings.load(), stack=stack, config=config)
    return str(error.value)


def put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Set one value, by its dotted path under the project's namespace."""

    def change(config: dict[str, Any]) -> None:
        top, *rest = path.split(".")
        if not rest:
            config[f"magento:{top}"] = value
            return
        target = config[f"magento:{top}"]
        for key in rest[:-1]:
            target = target[int(key)] if key.isdecimal() else target[key]
        target[rest[-1]] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("networks", {}, "magento:networks: no such key"),
        ("network.cird", "10.0.0.0/16", "magento:network.cird: no such key"),
        ("site.front.size", 4, "magento:site.front.size: no such key"),
        ("network.cidr", "10.0.0.0/20", 'magento:network.cidr: got "10.0.0.0/20", expected a network of /16 or /17'),
        ("network.cidr", "8.8.0.0/16", 'magento:network.cidr: got "8.8.0.0/16", expected a private network'),
        ("network.cidr", "ten", 'magento:network.cidr: got "ten", expected'),
        ("network.nat_gateways", "two", 'magento:network.nat_gateways: got "two", expected'),
        ("site.front.instances", 0, "instances must be at least 1, got 0"),
        ("site.front.instances", "four", 'magento:site.front.instances: got "four", expected'),
        ("site.front.instance_types", ["c7g.large", "c7i.large"], "instance_types must share one architecture"),
        ("site.database.engine_version", 8.4, "magento:site.database.engine_version: got 8.4, expected"),
        ("site.database.engine_version", "8.0", "Magento 2.4.8 does not run with mysql 8.0"),
        ("site.database.backup_retention_days", 36, "backup_retention_days must be 1 to 35, got 36"),
        ("site.database.max_storage_gib", 1, "max_storage_gib must be at least storage_gib (500), got 1"),
        ("site.cache.nodes", 0, "nodes must be 1 to 6"),
        ("site.host_names", [], "host_names must be 1 to 3 names, got 0"),
        ("site.health_check_path", "pub", "health_check_path must begin with /, got 'pub'"),
        ("vpn_links.0.peer_address", "192.0.2.300", 'magento:vpn_links.0.peer_address: got "192.0.2.300"'),
        ("vpn_links.0.remote_cidrs", ["10.0.50.0/24"], "lan's 10.0.50.0/24 apart from 10.0.0.0/16 of network.cidr"),
        (
            "vpn_links.1.remote_cidrs",
            ["192.168.10.0/25"],
            "ml's 192.168.10.0/25 apart from 192.168.10.0/24 of vpn link lan",
        ),
        ("vpn_links.1.name", "lan", "vpn_links: each name once, got lan more than once"),
        ("buckets.3.expire_after_days", None, "a temporary bucket must have expire_after_days"),
        ("buckets.0.name", "Client_Billing", "name must be 3 to 63 lowercase letters"),
        ("domains", None, "domains: a stack with a network of its own must have them"),
        ("protect", "perhaps", 'magento:protect: got "perhaps", expected'),
    ],
)
def test_a_fault_is_named_with_its_path(path: str, value: Any, said: str) -> None:
    """One fault, one line that a person can act on."""
    assert said in refused("prod", put(path, value))


def test_an_unknown_region_is_refused() -> None:
    def change(config: dict[str, Any]) -> None:
        config["aws:region"] = "eu-west-33"

    assert 'aws:region: got "eu-west-33", expected the name of an AWS region' in refused("prod", change)


def test_every_fault_is_reported_at_once() -> None:
    """Nobody should have to run a preview a fault."""

    def change(config: dict[str, Any]) -> None:
        put("network.cidr", "10.0.0.0/24")(config)
        put("site.front.instances", 0)(config)
        del config["magento:client"]

    said = refused("prod", change)
    assert "magento:network.cidr" in said
    assert "magento:site.front" in said
    assert "magento:client: missing" in said


def test_a_joined_network_brings_its_own_zones_and_buckets() -> None:
    """A stack that joins another's network must not make a second set of what the two share."""
    change = put("domains", {"public": "other.url", "internal": "internal-other.url"})
    assert "no domains: they come with the network of stack prod" in refused("preprod", change)


def certificate(directory: Path, **change: Any) -> dict[str, Any]:
    return {**stack_config("prod")["magento:certificate"], "directory": str(directory), **change}


def test_a_missing_certificate_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match=r"certificate_file: got .*client\.url\.crt \(No such file"):
        build_program("prod", config={"magento:certificate": certificate(tmp_path)})
