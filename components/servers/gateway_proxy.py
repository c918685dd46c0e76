"""The gateway: the only public way to private servers, for the sources that the stack file allows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.network.security_group import IngressRule
from components.servers import server_files
from components.servers.cloud_init import BootFile, CloudInit
from components.servers.server import Server, ServerArgs, ServerPlacement
from components.servers.server_configuration import ServerConfiguration
from settings.forwards import ForwardSettings, Listener, listeners, target_ports
from settings.gateway import CONNECTIONS_PER_SOURCE, MAX_CONNECTIONS, GatewaySettings
from settings.ports import merged

SYSTEM = "gateway"
"""The ``System`` tag by which the policy ``gateway-ingress-allow-listed`` finds the gateway's security group."""

METRICS_PORT = 8405
"""Of HAProxy's counters, on the gateway alone ("Prometheus exporter", HAProxy)."""
_SPARE_DESCRIPTORS = 1000
"""For health checks, logs and the connections that the previous process keeps during a reload."""
_PORTS = 65535
"""All that forwards can have: the limit of descriptors is not one that a forward changes."""

_APPLY = "/usr/local/sbin/apply_forwards.sh"


@dataclass(frozen=True, kw_only=True)
class GatewayProxyArgs:
    """The settings of the gateway."""

    placement: ServerPlacement
    """A place in a public subnet."""
    gateway: GatewaySettings


class GatewayProxy(pulumi.ComponentResource):
    """HAProxy in TCP mode with an Elastic IP.

    Produces the Elastic IP and a ``Server`` that opens the forwarded ports only to the allowed sources. The security
    group of a target gets its rules from ``ingress_to``.
    """

    address: pulumi.Output[str]
    """The public address. FTP servers behind the gateway announce it as their own."""
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
            # The address is in the firewalls and programs of partners.
            opts=pulumi.ResourceOptions(parent=self, protect=placement.context.protect),
        )
        self.address = address.public_ip
        server = Server(
            f"{name}-server",
            ServerArgs(
                placement=placement,
                size=args.gateway.size,
                ingress=ingress_rules(args.gateway),
                boot=boot(),
                configuration=configuration(
                    args.gateway.forwards, connections_per_source=args.gateway.connections_per_source
                ),
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
        """The ingress rules of a target. ``target`` is its name in the forwards."""
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
    """The rules that open the forwarded ports to each allowed source. Adjacent ports become one range."""
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


def _probes(bound: tuple[Listener, ...]) -> dict[str, str]:
    """How each listener knows that its target is up: the first with a port of a target probes it, and others follow."""
    first: dict[tuple[str, int], str] = {}
    probes = {}
    for listener in bound:
        port = listener.forward.checked_port
        probing = first.setdefault((listener.forward.target, port), listener.name)
        probes[listener.name] = f"check port {port}" if probing == listener.name else f"track {probing}/target"
    return probes


def boot() -> CloudInit:
    """The packages, files and scripts of the server, whatever it forwards."""
    return CloudInit(
        packages=server_files.packages("gateway"),
        services=server_files.services("gateway"),
        files=(
            BootFile(
                path="/etc/systemd/system/haproxy.service.d/gateway.conf",
                content=server_files.render(
                    "gateway/service.conf.j2", descriptors=2 * MAX_CONNECTIONS + _PORTS + _SPARE_DESCRIPTORS
                ),
            ),
            BootFile(path=_APPLY, content=server_files.read("gateway/apply_forwards.sh"), mode="0700"),
        ),
        apply=_APPLY,
    )


def configuration(
    forwards: tuple[ForwardSettings, ...], *, connections_per_source: int = CONNECTIONS_PER_SOURCE
) -> ServerConfiguration:
    """HAProxy's configuration, which a running gateway takes over without a cut."""
    bound = listeners(forwards)

    def rendered(revision: str) -> str:
        return server_files.render(
            "gateway/haproxy.cfg.j2",
            listeners=bound,
            probes=_probes(bound),
            max_connections=MAX_CONNECTIONS,
            connections_per_source=connections_per_source,
            metrics_port=METRICS_PORT,
            revision=revision,
        )

    revision = hashlib.sha256(rendered("").encode()).hexdigest()[:16]
    return ServerConfiguration(files=(BootFile(path="/etc/haproxy/gateway.cfg", content=rendered(revision)),))
