"""A replaced server, because what it boots with has changed or on request, comes back with its data, address
and name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sandbox.tests.platform import Platform
from tests.platform.test_server_rows import instance, internal_records, volumes

pytestmark = pytest.mark.long

SERVERS = ("site-files", "vpn-server", "gateway-server", "windows", "rundeck-server", "phpmyadmin-server")
# What servers boot with, changed: clients' network, a letter, a version. The others are asked for.
EDITS = {
    "    client_cidr: 10.8.0.0/24\n": "    client_cidr: 10.9.0.0/24\n",
    "drive_letter: E": "drive_letter: F",
    "    data_volume_gib: 20\n": '    data_volume_gib: 20\n    version: "5.1*"\n',
}


@dataclass(frozen=True)
class Kept:
    """What people and other systems know of a server, and what it has stored."""

    volumes: frozenset[str]
    private_address: str
    interface: str
    elastic_address: str | None

    @staticmethod
    def by(platform: Platform, server: str) -> Kept:
        found = instance(platform, f"client-prod-{server}")
        [interface] = found["NetworkInterfaces"]
        addresses = {
            each["NetworkInterfaceId"]: each["PublicIp"]
            for each in platform.client("ec2").describe_addresses()["Addresses"]
            if "NetworkInterfaceId" in each
        }
        attached = volumes(platform, f"client-prod-{server}").values()
        return Kept(
            volumes=frozenset(each["VolumeId"] for each in attached),
            private_address=found["PrivateIpAddress"],
            interface=interface["NetworkInterfaceId"],
            elastic_address=addresses.get(interface["NetworkInterfaceId"]),
        )


@pytest.fixture
def edited(platform: Platform) -> Iterator[Platform]:
    """The running platform, whose stack file a test may change: both are put back."""
    path = platform.project / "Pulumi.prod.yaml"
    content = path.read_bytes()
    yield platform
    if path.read_bytes() != content:
        path.write_bytes(content)
        platform.pulumi("up", "-s", "prod", "--yes", "--skip-preview")


def test_volumes_addresses_and_names_outlive_a_server(edited: Platform) -> None:
    """New user data means a new instance of a server, as asking for one does; what had its address, its name or its
    data goes on as it was, and what knows the gateway's or the VPN's public address too. The images that they started
    from are gone by then: until they are replaced, the servers go on, and a preview warns."""

    def state() -> dict[str, Kept]:
        return {server: Kept.by(edited, server) for server in SERVERS}

    def each(attribute: str) -> set[str]:
        return {instance(edited, f"client-prod-{server}")[attribute] for server in SERVERS}

    before, names, outputs, old = state(), internal_records(edited), edited.outputs("prod"), each("InstanceId")
    assert {server for server, kept in before.items() if kept.elastic_address} == {"vpn-server", "gateway-server"}
    assert {server: len(kept.volumes) for server, kept in before.items()} == {
        "site-files": 5,
        "vpn-server": 1,
        "gateway-server": 0,
        "windows": 2,
        "rundeck-server": 1,
        "phpmyadmin-server": 0,
    }
    withdrawn = each("ImageId")
    for image in withdrawn:
        edited.client("ec2").deregister_image(ImageId=image)
    preview = edited.pulumi("preview", "-s", "prod", "--expect-no-changes").stdout
    warned = re.findall(r"aws:ec2:Instance (\S+) .* which AWS no longer offers", preview)
    assert len(set(warned)) == len(SERVERS), preview
    for passage, changed in EDITS.items():
        edited.edit("Pulumi.prod.yaml", passage, changed)
    edited.pulumi(
        *("up", "-s", "prod", "--yes", "--skip-preview"),
        # What these three have in the stack file, they take over while they run.
        *("--replace", "**::site-files-instance"),
        *("--replace", "**::operations-phpmyadmin-server-instance"),
        *("--replace", "**::operations-gateway-server-instance"),
    )
    assert not old & each("InstanceId")
    assert not withdrawn & each("ImageId")
    assert state() == before
    assert internal_records(edited) == names
    after = edited.outputs("prod")
    assert not set(outputs.pop("servers").values()) & set(after.pop("servers").values())
    assert after == outputs


def test_a_server_is_replaced_on_request(edited: Platform) -> None:
    """With the command of docs/operations.md, and no other server with it."""
    before, asked, others = Kept.by(edited, "site-files"), "site-files", set(SERVERS) - {"site-files"}

    def ids(servers: set[str]) -> set[str]:
        return {instance(edited, f"client-prod-{server}")["InstanceId"] for server in servers}

    old, untouched = ids({asked}), ids(others)
    edited.pulumi("up", "-s", "prod", "--yes", "--skip-preview", "--replace", f"**::{asked}-instance")
    assert not old & ids({asked})
    assert Kept.by(edited, asked) == before
    assert ids(others) == untouched


def test_an_image_of_ones_own_takes_the_place_of_the_official_one(edited: Platform) -> None:
    """A server that is there gets it too, and keeps what it had; without it in config again, nothing is replaced."""
    before, old = Kept.by(edited, "gateway-server"), instance(edited, "client-prod-gateway-server")
    image = edited.client("ec2").create_image(InstanceId=old["InstanceId"], Name="gateway")["ImageId"]
    size = "  magento:gateway:\n    size: {instance_type: t4g.small"
    edited.edit("Pulumi.prod.yaml", size, f"{size}, ami: {image}")
    edited.pulumi("up", "-s", "prod", "--yes", "--skip-preview")
    baked = instance(edited, "client-prod-gateway-server")
    assert (baked["ImageId"], baked["InstanceId"] != old["InstanceId"]) == (image, True)
    assert Kept.by(edited, "gateway-server") == before
    edited.edit("Pulumi.prod.yaml", f"{size}, ami: {image}", size)
    edited.pulumi("up", "-s", "prod", "--yes", "--skip-preview")
    assert instance(edited, "client-prod-gateway-server")["InstanceId"] == baked["InstanceId"]
