"""The quotas of an AWS account that the stacks come near to, and those that must be raised before the first ``up``.

AWS raises a quota on request, which takes hours or days. Without it, ``pulumi up`` stops half-way.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from settings import stack_files
from settings.network import NatGateways, OwnNetworkSettings
from settings.stack_file import Settings

_STANDARD = re.compile(r"([acdhimrtz]|im|is)\d")
"""How the types begin that share the quota of standard instances."""


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A quota by AWS's own name and codes ("Amazon EC2 endpoints and quotas", "Amazon VPC quotas")."""

    service: str
    code: str
    name: str


ADDRESSES = Quota(service="ec2", code="L-0263D0A3", name="EC2-VPC Elastic IPs")
VCPUS = Quota(service="ec2", code="L-1216C47A", name="Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances")
VPCS = Quota(service="vpc", code="L-F678F1CE", name="VPCs per Region")


@dataclass(frozen=True, kw_only=True)
class Shortage:
    """A quota that is too small."""

    quota: Quota
    value: int
    """What the account may have."""
    stacks: int
    """What the stacks take."""
    others: int
    """What is in use for something else."""

    def __str__(self) -> str:
        return (
            f"{self.quota.name}: got {self.value}, expected {self.stacks + self.others} or more: {self.stacks} for the "
            f"stacks and {self.others} in use by others"
        )

    def command(self, region: str) -> str:
        """The AWS CLI's command that asks for more."""
        return (
            f"aws service-quotas request-service-quota-increase --region {region} --service-code {self.quota.service} "
            f"--quota-code {self.quota.code} --desired-value {self.stacks + self.others}"
        )


def stacks_of(project: Path, region: str) -> tuple[list[Settings], list[str]]:
    """The project's stacks in a region, and the names of the stack files that cannot be read, of any region."""
    found = stack_files.read(project)
    stacks = [each for each in found.values() if each is not None and each.region == region]
    return stacks, [f"Pulumi.{name}.yaml" for name, each in found.items() if each is None]


def shortages(session: Any, region: str, stacks: Sequence[Settings]) -> Iterator[Shortage]:
    """The quotas that are too small for the stacks beside what the account runs for others. Raises botocore's errors.

    What carries the tag of a stack's client counts for the stacks, so that a second run says the same.
    """
    ec2, quotas = session.client("ec2", region_name=region), session.client("service-quotas", region_name=region)
    clients = {each.client for each in stacks}
    wanted = sum((instances(each) for each in stacks), Counter())
    running = Counter(
        each["InstanceType"]
        for page in ec2.get_paginator("describe_instances").paginate(
            Filters=[{"Name": "instance-state-name", "Values": ["pending", "running"]}]
        )
        for reservation in page["Reservations"]
        for each in reservation["Instances"]
        if not _belongs(each, clients)
    )
    vcpus = _vcpus(ec2, wanted.keys() | running.keys())
    needs = {
        ADDRESSES: (sum(map(addresses, stacks)), _count(ec2.describe_addresses()["Addresses"], clients)),
        VCPUS: tuple(sum(vcpus[kind] * count for kind, count in types.items()) for types in (wanted, running)),
        VPCS: (
            sum(isinstance(each.network, OwnNetworkSettings) for each in stacks),
            _count(ec2.describe_vpcs()["Vpcs"], clients),
        ),
    }
    for quota, (taken, others) in needs.items():
        value = _value(quotas, quota)
        if value < taken + others:
            yield Shortage(quota=quota, value=value, stacks=taken, others=others)


def addresses(stack: Settings) -> int:
    """How many Elastic IPs a stack takes: for its NAT gateways, its VPN server and its gateway."""
    network = stack.network
    if not isinstance(network, OwnNetworkSettings):
        return 0
    nat_gateways = len(network.zones) if network.nat_gateways is NatGateways.ONE_PER_ZONE else 1
    return nat_gateways + sum(section is not None for section in (stack.vpn_access, stack.gateway))


def instances(stack: Settings) -> Counter[str]:
    """How many standard instances a stack runs, by type. Of several types that Beanstalk may choose, the first."""
    types: Counter[str] = Counter()
    for fleet in (stack.site.front, stack.site.back_office):
        types[fleet.instance_types[0]] += fleet.instances
    types.update(each.instance_types[0] for each in stack.satellites)
    servers = (stack.file_server, stack.vpn_access, stack.gateway, stack.windows, stack.rundeck, stack.php_my_admin)
    types.update(each.size.instance_type for each in servers if each is not None)
    return Counter({kind: count for kind, count in types.items() if _STANDARD.match(kind)})


def _vcpus(ec2: Any, types: Iterable[str]) -> dict[str, int]:
    """The vCPUs of each type. Types that do not count for the quota have none."""
    standard = sorted(kind for kind in types if _STANDARD.match(kind))
    found = ec2.describe_instance_types(InstanceTypes=standard)["InstanceTypes"] if standard else []
    vcpus = {each["InstanceType"]: int(each["VCpuInfo"]["DefaultVCpus"]) for each in found}
    return {kind: vcpus.get(kind, 0) for kind in types}


def _value(quotas: Any, quota: Quota) -> int:
    """The account's own value, or AWS's default where it has none."""
    asked = {"ServiceCode": quota.service, "QuotaCode": quota.code}
    try:
        answer = quotas.get_service_quota(**asked)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchResourceException":
            raise
        answer = quotas.get_aws_default_service_quota(**asked)
    return int(answer["Quota"]["Value"])


def _count(resources: Iterable[dict[str, Any]], clients: set[str]) -> int:
    return sum(not _belongs(each, clients) for each in resources)


def _belongs(resource: dict[str, Any], clients: set[str]) -> bool:
    """Whether a resource carries the tag of one of the clients."""
    return any(tag["Key"] == "Client" and tag["Value"] in clients for tag in resource.get("Tags", ()))
