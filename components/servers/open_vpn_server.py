"""The OpenVPN server by which people reach the network."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.network.security_group import IngressRule
from components.servers import server_files
from components.servers.cloud_init import BootFile, CloudInit
from components.servers.data_volumes import DataVolume
from components.servers.server import Server, ServerArgs, ServerPlacement
from components.servers.server_configuration import ServerConfiguration
from settings.vpn_access import VpnAccessSettings

PORT = 1194
_CONFIGURATION = "/etc/openvpn"
_CLIENT_CONFIGS = "/root/client-configs"
_START = "/usr/local/sbin"
_FOR_PEOPLE = ("create_user", "list_users", "renew_authority", "renew_user", "revoke_user")
_STEPS = ("prepare_pki", "rotate_certificates", "start_openvpn")
_APPLY = f"{_START}/apply_routes.sh"
CERTIFICATES_METRIC, AUTHORITY_METRIC = "CertificateDaysLeft", "AuthorityDaysLeft"
"""The days until the first certificate ends: of users, server, authority or the list of revoked ones, and while the
authority is renewed, of the old one's too. The instance publishes it each night and at each boot, with its id, in
``boot_status.NAMESPACE``."""


@dataclass(frozen=True, kw_only=True)
class OpenVpnServerArgs:
    """The settings of the VPN, and the networks that clients reach."""

    placement: ServerPlacement
    """A place in a public subnet."""
    access: VpnAccessSettings
    network_cidr: IPv4Network
    remote_cidrs: tuple[IPv4Network, ...] = ()
    """The networks behind the IPSec links."""

    @property
    def reached(self) -> tuple[IPv4Network, ...]:
        """The networks to which a client gets routes and may send traffic."""
        return (self.network_cidr, *(self.remote_cidrs if self.access.reaches_remote_networks else ()))


class OpenVpnServer(pulumi.ComponentResource):
    """An OpenVPN server with an Elastic IP, and with its keys on a volume that outlives the instance.

    Produces the Elastic IP and a ``Server`` with an ingress rule for OpenVPN's port. In the network, clients have the
    address of the server: what they may reach needs an ingress rule from ``security_group_id``.
    """

    address: pulumi.Output[str]
    """The public address, which is in every client's profile."""
    instance_id: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    def __init__(self, name: str, args: OpenVpnServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:servers:OpenVpnServer", name, {"client_cidr": str(args.access.client_cidr)}, opts)
        address = aws.ec2.Eip(
            f"{name}-address",
            domain="vpc",
            tags=args.placement.context.tags.named(name),
            # The address is in all profiles: with another address, every user needs a new profile.
            opts=pulumi.ResourceOptions(parent=self, protect=args.placement.context.protect),
        )
        self.address = address.public_ip
        server = Server(
            f"{name}-server",
            ServerArgs(
                placement=args.placement,
                size=args.access.size,
                ingress=tuple(_ingress_rule(network) for network in args.access.allowed_cidrs),
                boot=self.address.apply(lambda public: boot(args, address=public)),
                configuration=configuration(args),
                volumes=(
                    DataVolume(
                        name="keys",
                        size_gib=args.access.keys_volume_gib,
                        mount_point=f"{_CONFIGURATION}/pki-data",
                        snapshot_id=args.access.keys_snapshot_id,
                    ),
                ),
                public_address=address.id,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.instance_id = server.instance_id
        self.security_group_id = server.security_group_id
        self.register_outputs({"address": self.address, "instance_id": self.instance_id})


def boot(args: OpenVpnServerArgs, *, address: str) -> CloudInit:
    """The packages, files and scripts of the server, whose clients connect to ``address``."""
    rendered = {
        "address": address,
        "port": PORT,
        "client_network": args.access.client_cidr,
        # AWS's resolver is the network's third address ("Amazon DNS server").
        "resolver": args.network_cidr.network_address + 2,
        "internal_domain": args.placement.internal_domain,
        "access": args.access,
    }

    def script(directory: str, name: str) -> BootFile:
        return BootFile(path=f"{directory}/{name}", content=server_files.read(f"openvpn/{name}"), mode="0700")

    return CloudInit(
        packages=server_files.packages("openvpn"),
        services=server_files.services("openvpn"),
        files=(
            BootFile(
                path=f"{_CONFIGURATION}/server/server.conf",
                content=server_files.render("openvpn/server.conf.j2", **rendered),
            ),
            BootFile(
                path=f"{_CONFIGURATION}/client.ovpn", content=server_files.render("openvpn/client.ovpn.j2", **rendered)
            ),
            BootFile(
                path="/etc/systemd/system/openvpn-server@server.service.d/platform.conf",
                content=server_files.read("openvpn/service.conf"),
            ),
            BootFile(path="/etc/sysctl.d/60-openvpn.conf", content=server_files.read("openvpn/forwarding.conf")),
            BootFile(
                path=f"{_CONFIGURATION}/lifetimes.sh",
                content=server_files.render("openvpn/lifetimes.sh.j2", **rendered),
            ),
            BootFile(
                path=f"{_CONFIGURATION}/pki_environment.sh", content=server_files.read("openvpn/pki_environment.sh")
            ),
            *(script(_CLIENT_CONFIGS, f"{verb}.sh") for verb in _FOR_PEOPLE),
            *(script(_START, f"{step}.sh") for step in (*_STEPS, "publish_certificates", "apply_routes")),
            *(
                BootFile(path=f"/etc/systemd/system/{unit}", content=server_files.read(f"openvpn/{unit}"))
                for unit in ("rotate-certificates.service", "rotate-certificates.timer")
            ),
        ),
        scripts=tuple(f"{_START}/{step}.sh" for step in _STEPS),
        apply=_APPLY,
    )


def configuration(args: OpenVpnServerArgs) -> ServerConfiguration:
    """The networks that clients reach: what a running server lets through, and the routes that clients get."""
    return ServerConfiguration(
        files=(
            BootFile(
                path=f"{_CONFIGURATION}/masquerade.nft",
                content=server_files.render(
                    "openvpn/masquerade.nft.j2", networks=args.reached, client_network=args.access.client_cidr
                ),
            ),
            BootFile(
                path=f"{_CONFIGURATION}/clients/DEFAULT",
                content=server_files.render("openvpn/routes.j2", networks=args.reached),
            ),
        )
    )


def _ingress_rule(network: IPv4Network) -> IngressRule:
    return IngressRule(
        name=f"clients-{str(network).replace('/', '-')}",
        port=PORT,
        protocol="udp",
        from_cidr=str(network),
        reason="OpenVPN clients, each with a certificate",
    )
