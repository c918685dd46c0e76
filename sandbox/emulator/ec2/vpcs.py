"""VPCs: AWS does not delete one while something is in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.ec2.models.vpcs import VPC, VPCBackend

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch


@patch(
    "moto.ec2.models.vpcs:VPCBackend.delete_vpc",
    sha256="9c9acc33c6cab2acee4a1d1c71bcc1bc0205fac8aeed4a07f975c1af617a5f77",
    upstream="DeleteVpc deletes a VPC that has an internet gateway, security groups, endpoints or network ACLs.",
)
def _delete_vpc(original: Any, backend: VPCBackend, vpc_id: str) -> VPC:
    if any(_contents(backend, vpc_id)):
        raise AwsError("DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
    return original(backend, vpc_id)


def _contents(backend: Any, vpc_id: str) -> Iterator[bool]:
    """Whether each thing that moto forgets is in the VPC. What AWS makes with a VPC does not count.

    Source: "How do I troubleshoot a dependency error when I try to delete my Amazon VPC?" of AWS re:Post.
    """
    yield from (group.name != "default" for group in backend.groups.get(vpc_id, {}).values())
    yield from (gateway.vpc is not None and gateway.vpc.id == vpc_id for gateway in backend.internet_gateways.values())
    yield from (each.vpc_id == vpc_id and each.state != "deleted" for each in backend.vpc_end_points.values())
    yield from (acl.vpc_id == vpc_id and not acl.default for acl in backend.network_acls.values())
