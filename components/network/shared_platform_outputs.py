"""What the sites of one VPC share. A site gets it from its own stack or from the stack that it joins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import pulumi

from settings.host_names import SharedNames
from settings.joined_platform import OUTPUT, REFRESH_SOURCE

_SHARED = (
    "vpc_id",
    "public_subnet_ids",
    "private_subnet_ids",
    "network_cidr",
    "public_zone_id",
    "internal_zone_id",
    "certificate_arn",
    "cloudfront_certificate_arn",
    "configuration_bucket",
    "releases_bucket",
    "releases_key_arn",
    "access_logs_bucket",
    "delivery_logs_bucket",
)


@dataclass(frozen=True, kw_only=True)
class SharedPlatformOutputs:
    """The network, zones, certificate and buckets that the sites of one VPC share.

    The stack that owns them shares them with ``export``. A stack that joins reads them with ``of_stack``.
    """

    first_zone: str
    """The full name of the availability zone in whose subnets single servers are."""
    internal_domain: str | None
    """The name of the private zone. A stack that joins may do without it."""
    vpc_id: pulumi.Input[str]
    public_subnet_ids: pulumi.Input[list[str]]
    private_subnet_ids: pulumi.Input[list[str]]
    zone_count: pulumi.Input[int]
    """How many availability zones the network has. Each has a public and a private subnet."""
    network_cidr: pulumi.Input[str]
    public_zone_id: pulumi.Input[str]
    internal_zone_id: pulumi.Input[str]
    certificate_arn: pulumi.Input[str]
    cloudfront_certificate_arn: pulumi.Input[str]
    configuration_bucket: pulumi.Input[str]
    releases_bucket: pulumi.Input[str]
    releases_key_arn: pulumi.Input[str]
    """The KMS key of that bucket, which belongs to the stack that owns it."""
    access_logs_bucket: pulumi.Input[str]
    delivery_logs_bucket: pulumi.Input[str] | None = None
    """The bucket for CloudFront's logs. Only the stack that owns it writes there."""
    refresh_source: pulumi.Output[Mapping[str, str]] | None = None
    """What the owner says of itself for those whose releases refresh from it. None in the owner's own stack."""

    def export(self, names: SharedNames) -> None:
        """Export it as the stack output that other stacks read, with the names that theirs must fit."""
        pulumi.export(OUTPUT, {**{name: getattr(self, name) for name in _SHARED}, **asdict(names)})

    @staticmethod
    def of_stack(stack: str, first_zone: str, internal_domain: str | None) -> SharedPlatformOutputs:
        """What the named stack of this project shares. If that stack does not exist, the engine fails and names it."""
        reference = pulumi.StackReference(f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}")
        shared = reference.require_output(OUTPUT)
        return SharedPlatformOutputs(
            first_zone=first_zone,
            internal_domain=internal_domain,
            vpc_id=shared["vpc_id"],
            public_subnet_ids=shared["public_subnet_ids"],
            private_subnet_ids=shared["private_subnet_ids"],
            zone_count=shared["private_subnet_ids"].apply(len),
            network_cidr=shared["network_cidr"],
            public_zone_id=shared["public_zone_id"],
            internal_zone_id=shared["internal_zone_id"],
            certificate_arn=shared["certificate_arn"],
            cloudfront_certificate_arn=shared["cloudfront_certificate_arn"],
            configuration_bucket=shared["configuration_bucket"],
            releases_bucket=shared["releases_bucket"],
            releases_key_arn=shared["releases_key_arn"],
            access_logs_bucket=shared["access_logs_bucket"],
            refresh_source=reference.get_output(REFRESH_SOURCE),
        )
