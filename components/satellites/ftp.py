"""What a satellite's FTP server needs of AWS: a password, a way in through the gateway, and a name to be found by."""

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
"""How long the gateway may go on asking for an instance that was replaced."""
_NOBODY = "192.0.2.1"
"""Where the name points until the first deploy: an address of RFC 5737, which is never routed."""


@dataclass(frozen=True, kw_only=True)
class SatelliteFtpArgs:
    """``address`` is the server's full name in the internal zone, by which the gateway forwards to it."""

    context: Context
    access: FtpSettings
    gateway: GatewayProxy
    address: str
    internal_zone_id: pulumi.Input[str]

    @property
    def ingress_rules(self) -> tuple[IngressRule, ...]:
        """What the server's security group lets in: the gateway, and on the ports that it forwards alone."""
        return self.gateway.ingress_to(self.address)


class SatelliteFtp(pulumi.ComponentResource):
    """The password, the secret that holds it and the server's internal DNS record.

    The stack owns the name and the instance its address: a deploy's hook points the record to the instance that it
    runs on. ``variables`` tell the hooks what to set up; ``statements`` let the instance's role do it.
    """

    secret_arn: pulumi.Output[str]
    variables: Mapping[str, pulumi.Input[str]]
    statements: pulumi.Output[list[dict[str, object]]]

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
            records=[_NOBODY],
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["records"]),
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
    """To point this one name of the zone somewhere else, and nothing more ("Using IAM policy conditions for
    fine-grained access control to manage resource record sets")."""
    only = {
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": [address],
        "route53:ChangeResourceRecordSetsRecordTypes": ["A"],
        "route53:ChangeResourceRecordSetsActions": ["UPSERT"],
    }
    statement = allow(["route53:ChangeResourceRecordSets"], f"arn:aws:route53:::hostedzone/{zone_id}")
    return {**statement, "Condition": {"ForAllValues:StringEquals": only}}
