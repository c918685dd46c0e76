"""The password and the internal DNS record of a satellite's FTP server, and its ingress rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.network.security_group import IngressRule
from components.servers.gateway_proxy import GatewayProxy
from components.shared.context import Context
from components.shared.iam import allow
from components.shared.secret import Secret, SecretArgs
from settings.satellite import FtpSettings

_TTL_SECONDS = 30
"""How long the gateway may still connect to an instance that was replaced."""
_UNROUTED = "192.0.2.1"
"""The address of the record until the first deploy. RFC 5737 reserves it, so it is never routed."""


@dataclass(frozen=True, kw_only=True)
class SatelliteFtpArgs:
    """The settings of the FTP server, and the gateway that forwards to it."""

    context: Context
    access: FtpSettings
    gateway: GatewayProxy
    address: str
    """The server's full name in the internal zone, to which the gateway forwards."""
    internal_zone_id: pulumi.Input[str]

    @property
    def ingress_rules(self) -> tuple[IngressRule, ...]:
        """The ingress rules that open the forwarded ports to the gateway."""
        return self.gateway.ingress_to(self.address)


class SatelliteFtp(pulumi.ComponentResource):
    """The password, the secret with the password, and the server's internal DNS record.

    The stack makes the record. At each deploy, a hook points it to the instance that the hook runs on.
    """

    secret_arn: pulumi.Output[str]
    variables: Mapping[str, pulumi.Input[str]]
    """The environment variables from which the hooks set up the server."""
    statements: pulumi.Output[list[dict[str, object]]]
    """The IAM statements that the hooks need."""

    def __init__(self, name: str, args: SatelliteFtpArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:satellites:SatelliteFtp", name, {"user": args.access.user}, opts)
        child = pulumi.ResourceOptions(parent=self)
        access = args.access
        password = random.RandomPassword(f"{name}-password", length=32, special=False, opts=child)
        self.secret_arn = Secret(
            f"{name}-credentials",
            SecretArgs(
                description=f"How FTP clients log in to {args.address}",
                value={"username": access.user, "password": password.result},
                context=args.context,
            ),
            opts=child,
        ).arn
        record = aws.route53.Record(
            f"{name}-record",
            zone_id=args.internal_zone_id,
            name=args.address,
            type="A",
            ttl=_TTL_SECONDS,
            records=[_UNROUTED],
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["records"], delete_before_replace=True),
        )
        self.variables = {
            "FTP_USER": access.user,
            "FTP_SECRET": self.secret_arn,
            "FTP_PASSIVE_ADDRESS": args.gateway.address,
            "FTP_FIRST_PASSIVE_PORT": str(access.passive_range.first),
            "FTP_LAST_PASSIVE_PORT": str(access.passive_range.last),
            "INTERNAL_ADDRESS": args.address,
            "INTERNAL_ZONE_ID": record.zone_id,
        }
        self.statements = pulumi.Output.all(self.secret_arn, record.zone_id).apply(
            lambda known: [allow(["secretsmanager:GetSecretValue"], known[0]), _may_move(args.address, known[1])]
        )
        self.register_outputs({"secret_arn": self.secret_arn})


def _may_move(address: str, zone_id: str) -> dict[str, object]:
    """The IAM statement to change the address of this name, and no other record of the zone.

    See "Using IAM policy conditions for fine-grained access control to manage resource record sets".
    """
    only = {
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": [address],
        "route53:ChangeResourceRecordSetsRecordTypes": ["A"],
        "route53:ChangeResourceRecordSetsActions": ["UPSERT"],
    }
    statement = allow(["route53:ChangeResourceRecordSets"], f"arn:aws:route53:::hostedzone/{zone_id}")
    return {**statement, "Condition": {"ForAllValues:StringEquals": only}}
