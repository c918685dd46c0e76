"""A server made anew, because what it boots with has changed, comes back with its data, address and name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.platform import Platform
from tests.sandbox.test_platform_server_rows import instance, internal_records, volumes

SERVERS = ("site-files", "vpn-server", "rundeck-server")


@pytest.fixture
def edited(platform: Platform) -> Iterator[Platform]:
    """The running platform, whose stack file a test may change: both are put back."""
    path = platform.project / "Pulumi.prod.yaml"
    content = path.read_bytes()
    yield platform
    path.write_bytes(content)
    platform.pulumi("up", "-s", "prod", "--yes", "--skip-preview")


def test_volumes_addresses_and_names_outlive_a_server(edited: Platform) -> None:
    """New user data means a new instance; its volumes, its private address and the names in the network stay."""

    def state() -> dict[str, tuple[set[str], str]]:
        return {
            server: (
                {each["VolumeId"] for each in volumes(edited, f"client-prod-{server}").values()},
                instance(edited, f"client-prod-{server}")["PrivateIpAddress"],
            )
            for server in SERVERS
        }

    def instances() -> set[str]:
        return {instance(edited, f"client-prod-{server}")["InstanceId"] for server in SERVERS}

    before, names, old = state(), internal_records(edited), instances()
    edited.edit("Pulumi.prod.yaml", "  magento:file_server:\n", "  magento:file_server:\n    owner_id: 901\n")
    edited.edit("Pulumi.prod.yaml", "    client_cidr: 10.8.0.0/24\n", "    client_cidr: 10.9.0.0/24\n")
    edited.edit("Pulumi.prod.yaml", "    data_volume_gib: 20\n", '    data_volume_gib: 20\n    version: "5.1*"\n')
    edited.pulumi("up", "-s", "prod", "--yes", "--skip-preview")
    assert not old & instances()
    assert state() == before
    assert internal_records(edited) == names
