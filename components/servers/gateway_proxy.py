"""The gateway: the only public way to servers that are otherwise private, for those who are on its list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pulumi
import pulumi_aws as aws

from components.network.security_group import IngressRule
from components.servers import server_files
from components.servers.cloud_init import BootFile, CloudInit
from components.servers.server import Server, ServerArgs, ServerPlacement
from settings.forwards import ForwardSettings, listeners, target_ports
from settings.gateway import GatewaySettings
from settings.ports import merged

SYSTEM = "gateway"
"""The ``System`` tag by which the policy ``gateway-ingress-allow-listed`` finds the gateway's security group."""

MAX_CONNECTIONS = 4000
_SPARE_DESCRIPTORS = 1000
# For checks, logs and what a reload keeps open of the process before.

_START = "/usr/local/sbin/start_gateway.sh"


@dataclass(frozen=True, kw_only=True)
class GatewayProxyArgs:
    """``placement`` is in a public subnet."""

    placement: ServerPlacement
    gateway: GatewaySettings


class GatewayProxy(pulumi.ComponentResource):
    """HAProxy in TCP mode with a public address of its own.

    Produces the Elastic IP and a ``Server`` that opens the forwarded ports to the allowed sources only.
    The security group of a target takes ``ingress_to`` its name.
    """

    address: pulumi.Output[str]
    """The public address, which FTP servers behind it announce as theirs."""
    instance_id: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    def __init__(self, name: str, args: GatewayProxyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "magento:servers:GatewayProxy", name, {"forwards": [each.name for each in args.gateway.forwards]}, opts
        )
        self._forwards = args.gateway.forwards
        placement = args.placement.for_system(SYSTEM)
        address = aws.ec2.Eip(
            f"{name}-address",
            domain="vpc",
            tags=placement.context.tags.named(name),
            # Partners have it in their firewalls and programs.
            opts=pulumi.ResourceOptions(parent=self, protect=placement.context.protect),
        )
        self.address = address.public_ip
        server = Server(
            f"{name}-server",
            ServerArgs(
                placement=placement,
                size=args.gateway.size,
                ingress=ingress_rules(args.gateway),
                boot=boot(args.gateway.forwards),
                public_address=address.id,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.instance_id = server.instance_id
        self.security_group_id = server.security_group_id
        self.register_outputs(
            {
                "address": self.address,
                "instance_id": self.instance_id,
                "security_group_id": self.security_group_id,
            }
        )

    def ingress_to(self, target: str) -> tuple[IngressRule, ...]:
        """The ingress rules of a target, by its name as the forwards spell it."""
        return tuple(
            IngressRule(
                name=f"gateway-{ports}",
                port=ports.first,
                to_port=ports.last,
                from_group=self.security_group_id,
                reason="Forwarded by the gateway to those on its list",
            )
            for ports in target_ports(self._forwards, target)
        )


def ingress_rules(gateway: GatewaySettings) -> tuple[IngressRule, ...]:
    """The forwarded ports, neighbours as one range, from each allowed source."""
    opened = merged(each for listener in listeners(gateway.forwards) for each in listener.binds)
    return tuple(
        IngressRule(
            name=f"{str(source.cidr).replace('/', '-')}-to-{ports}",
            port=ports.first,
            to_port=ports.last,
            from_cidr=str(source.cidr),
            reason=source.description,
        )
        for source in gateway.allowed
        for ports in opened
    )


def _is_a_day(written: str) -> bool:
    try:
        # A day without quotes is a time to YAML, and Pulumi hands it over as Go writes times.
        date.fromisoformat(written.removesuffix(" 00:00:00 +0000 UTC"))
    except ValueError:
        return False
    return True


def boot(forwards: tuple[ForwardSettings, ...]) -> CloudInit:
    """What the server runs."""
    bound = listeners(forwards)
    ports = sum(len(each) for listener in bound for each in listener.binds)
    return CloudInit(
        packages=server_files.packages("gateway"),
        files=(
            BootFile(
                path="/etc/haproxy/gateway.cfg",
                content=server_files.render("gateway/haproxy.cfg.j2", listeners=bound, max_connections=MAX_CONNECTIONS),
            ),
            BootFile(
                path="/etc/systemd/system/haproxy.service.d/gateway.conf",
                content=server_files.render(
                    "gateway/service.conf.j2", descriptors=2 * MAX_CONNECTIONS + ports + _SPARE_DESCRIPTORS
                ),
            ),
            BootFile(path=_START, content=server_files.read("gateway/start_gateway.sh"), mode="0700"),
        ),
        scripts=(_START,),
    )
