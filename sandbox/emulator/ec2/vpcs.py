"""VPCs: AWS does not delete one while something is in it."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.vpcs import VPC, VPCBackend

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch


@patch(
    "moto.ec2.models.vpcs:VPCBackend.delete_vpc",
    sha256="9c9acc33c6cab2acee4a1d1c71bcc1bc0205fac8aeed4a07f975c1af617a5f77",
    upstream="DeleteVpc deletes a VPC that has an internet gateway or security groups.",
)
def _delete_vpc(original: Any, backend: VPCBackend, vpc_id: str) -> VPC:
    groups = backend.groups.get(vpc_id, {}).values()
    gateways = backend.internet_gateways.values()
    if any(group.name != "default" for group in groups) or any(
        gateway.vpc is not None and gateway.vpc.id == vpc_id for gateway in gateways
    ):
        raise AwsError("DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
    return original(backend, vpc_id)
