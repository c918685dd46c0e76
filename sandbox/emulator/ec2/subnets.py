"""Subnets: an availability zone by its id, and the state of IPv6 blocks."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.ec2.models.subnets import Subnet, SubnetBackend

from sandbox.emulator.patching import patch


@patch(
    "moto.ec2.models.subnets:SubnetBackend.create_subnet",
    sha256="74a57a67c72400bcd85e800a0bb9ab61da825fff380f8852ecc9e7572a6d2467",
    upstream="CreateSubnet with AvailabilityZoneId makes a default subnet, which gives instances public addresses.",
)
def _create_subnet(
    original: Any,
    backend: SubnetBackend,
    vpc_id: str,
    cidr_block: str,
    ipv6_cidr_block: str | None = None,
    availability_zone: str | None = None,
    availability_zone_id: str | None = None,
    **settings: Any,
) -> Subnet:
    """Replace the id of an availability zone by its name, for which moto works."""
    if availability_zone is None:
        for zone in RegionsAndZonesBackend.zones[backend.region_name]:
            if zone.zone_id == availability_zone_id:
                availability_zone = zone.name
    return original(backend, vpc_id, cidr_block, ipv6_cidr_block, availability_zone, availability_zone_id, **settings)


@patch(
    "moto.ec2.models.subnets:Subnet.ipv6_cidr_block_association_set",
    sha256="3a56e14412ac1a22525f4a214adb9e17542d1fd8743383520cb61771307f6ae8",
    upstream="The state of a subnet's IPv6 block is nested twice, so the answer leaves it out.",
)
def _ipv6_cidr_block_association_set(original: Any, subnet: Subnet) -> list[dict[str, Any]]:
    associations: list[dict[str, Any]] = original(subnet)
    for association in associations:
        association["ipv6CidrBlockState"] = association["ipv6CidrBlockState"]["state"]
    return associations
