"""What the sections of a stack file ask of each other: the faults that no section can see by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from settings import host_names, offers
from settings.bucket import Purpose
from settings.forwards import ForwardSettings, target_ports
from settings.messages import Fault, Words
from settings.network import JoinedNetworkSettings, OwnNetworkSettings
from settings.ports import PortRange
from settings.section import repeated
from settings.vpn_link import RESERVED_NUMBERS
from settings.windows import HOST_NAME as WINDOWS
from settings.windows import NEEDS_GATEWAY

if TYPE_CHECKING:
    from settings.monitoring import ThresholdSettings
    from settings.stack_file import Settings
    from settings.vpn_access import VpnAccessSettings

LONGEST_ENVIRONMENT_NAME = 40
"""What Beanstalk takes for the name of an environment ("CreateEnvironment")."""
STATE_BUCKET = "pulumi-state-storage"
"""What ``./shop bootstrap`` calls the bucket of Pulumi's state, behind the client's name."""
_FTP_CONTROL = PortRange.of(21)
_OF_THE_NETWORK = (
    "domains",
    "certificate",
    "buckets",
    "cost_report",
    "session_manager",
    "vpn_links",
    "vpn_access",
    "gateway",
    "windows",
    "rundeck",
    "php_my_admin",
)
"""The sections that only a stack with a network of its own has; the first three it must have."""
_NAMES_OF_THE_SITE = ("magento", "front", "back-office")
"""The site's own Beanstalk application and environments. Their names have the same pattern as a satellite's."""


def inconsistencies(settings: Settings) -> Iterator[Fault]:
    """Every fault between sections that are right by themselves."""
    if isinstance(settings.network, JoinedNetworkSettings):
        yield from _joined(settings, settings.network)
    else:
        yield from _own(settings)
    yield from _repeated(settings)
    yield from host_names.faults(settings)
    yield from offers.faults(settings)
    yield from _needs(settings)
    yield from _refreshes(settings)
    yield from _purposes(settings)
    yield from _spread(settings)
    yield from _peers(settings)
    if settings.domains and settings.certificate:
        wildcard = f"*.{settings.domains.public}"
        if settings.certificate.domain != wildcard:
            yield Fault(
                path="certificate.domain",
                got=settings.certificate.domain,
                expected=f"{wildcard}, since domains.public is {settings.domains.public}",
            )
    yield from _names(settings)
    yield from _overlaps(settings)
    if settings.vpn_access and settings.monitoring:
        yield from _ends(settings.vpn_access, settings.monitoring.thresholds)
    if settings.gateway and settings.internal_domain and isinstance(settings.network, OwnNetworkSettings):
        servers = _ftp_servers(settings)
        yield from _targets(settings.gateway.forwards, servers, settings.internal_domain, settings.network.cidr)
        yield from _passive_ranges(settings.gateway.forwards, _ftp_servers(settings))


def _own(settings: Settings) -> Iterator[Fault]:
    for key in _OF_THE_NETWORK[:3]:
        if not getattr(settings, key):
            yield Fault(path=key, expected="a section, since the stack has a network of its own")


def _joined(settings: Settings, network: JoinedNetworkSettings) -> Iterator[Fault]:
    for key in _OF_THE_NETWORK:
        if getattr(settings, key):
            yield Fault(
                path=key,
                got=Words("a section"),
                expected=f"no section, since the stack joins the network of stack {network.stack}, which has it",
            )
    if settings.file_server and not network.internal_domain:
        yield Fault(path="network.internal_domain", expected="the domain in which the file_server gets its name")
    if settings.content_delivery and settings.content_delivery.access_logs:
        yield Fault(
            path="content_delivery.access_logs",
            got=True,
            expected=f"false, since the bucket for these logs belongs to stack {network.stack}",
        )


def _repeated(settings: Settings) -> Iterator[Fault]:
    for key in ("buckets", "vpn_links", "satellites", "backups"):
        if names := repeated(each.name for each in getattr(settings, key)):
            yield Fault(path=key, got=names, expected="each name once")


def _needs(settings: Settings) -> Iterator[Fault]:
    """What one section cannot do without another, or without an entry of it."""
    delivery, offered = settings.content_delivery, settings.site.host_names
    if delivery and delivery.origin not in offered:
        yield Fault(
            path="content_delivery.origin",
            got=delivery.origin,
            expected=f"one of site.host_names: {', '.join(offered)}",
        )
    if settings.satellites and not settings.shared_database:
        yield Fault(path="shared_database", expected="a section, since satellites need this database")
    if not settings.gateway:
        if settings.windows:
            yield Fault(path="gateway", expected=NEEDS_GATEWAY)
        for satellite in settings.satellites:
            if satellite.ftp:
                yield Fault(
                    path="gateway",
                    expected=f"a section, since FTP to satellite {satellite.name} goes only through a gateway",
                )
    databases = ("shared", "site") if settings.shared_database else ("site",)
    for index, name in enumerate(settings.php_my_admin.databases if settings.php_my_admin else ()):
        if name not in databases:
            yield Fault(path=f"php_my_admin.databases.{index}", got=name, expected=f"one of {', '.join(databases)}")


def _refreshes(settings: Settings) -> Iterator[Fault]:
    """A refresh replaces a database, by a role of one account that works in one bucket for releases."""
    path, source = "releases.refreshes_from", settings.releases.refreshes_from if settings.releases else None
    if source is None:
        return
    if settings.protect:
        yield Fault(
            path=path, got=source, expected="no stack, since protect is true and a refresh replaces the database"
        )
    if not settings.joined_stack:
        yield Fault(path=path, got=source, expected="no stack, since this one has a network of its own")
    elif source != settings.joined_stack:
        yield Fault(path=path, got=source, expected=f"{settings.joined_stack}, whose network this stack joins")


def _purposes(settings: Settings) -> Iterator[Fault]:
    """One bucket for each thing that AWS or the stack itself writes, and not two for the same."""
    there = [each.purpose for each in settings.buckets]
    wanted: dict[Purpose, str] = {}
    if isinstance(settings.network, OwnNetworkSettings) and settings.buckets:
        of_every_site = (Purpose.SITE_CONFIGURATION, Purpose.LOAD_BALANCER_LOGS, Purpose.RELEASES)
        wanted = dict.fromkeys(of_every_site, "every site")
        if settings.content_delivery and settings.content_delivery.access_logs:
            wanted[Purpose.CONTENT_DELIVERY_LOGS] = "content_delivery.access_logs"
        if settings.cost_report:
            wanted[Purpose.COST_REPORTS] = "cost_report"
    for purpose, who in wanted.items():
        if purpose not in there:
            yield Fault(path="buckets", got=there, expected=f"a bucket with purpose {purpose}, since {who} needs it")
    # Any number of temporary buckets is fine. Of two others with one purpose, it would be unclear which one is meant.
    if twice := repeated(purpose for purpose in there if purpose is not Purpose.TEMPORARY):
        yield Fault(path="buckets", got=twice, expected="each purpose once, except temporary")

    for index, bucket in enumerate(settings.buckets):
        if bucket.name == f"{settings.client}-{STATE_BUCKET}":
            yield Fault(
                path=f"buckets.{index}.name",
                got=bucket.name,
                expected="another name than that of the bucket of Pulumi's state",
            )


def _ends(access: VpnAccessSettings, thresholds: ThresholdSettings) -> Iterator[Fault]:
    """An alarm on certificates is over once they are renewed."""
    authority, certificates = thresholds.vpn_authority_days, thresholds.vpn_certificate_days
    least = {
        "authority_days": authority + 1,
        "user_certificate_days": certificates + 1,
        # The server renews its own in the last third, and the list each night.
        "server_certificate_days": 3 * (certificates + 1),
        "revocation_list_days": certificates + 2,
    }
    for key, days in least.items():
        if (got := getattr(access, key)) < days:
            threshold = (
                f"vpn_authority_days is {authority}"
                if key == "authority_days"
                else f"vpn_certificate_days is {certificates}"
            )
            yield Fault(
                path=f"vpn_access.{key}",
                got=got,
                expected=f"at least {days}, since monitoring.thresholds.{threshold}: the alarm would never end",
            )


def _spread(settings: Settings) -> Iterator[Fault]:
    """OpenSearch takes an even number of data nodes for two zones ("Configuring a multi-AZ domain")."""
    nodes = settings.site.search.instances
    if len(settings.network.zones) == 2 and nodes > 1 and nodes % 2:
        yield Fault(
            path="site.search.instances",
            got=nodes,
            expected="1 or an even number, since the network has two zones",
        )


def _peers(settings: Settings) -> Iterator[Fault]:
    """AWS keeps one customer gateway for each address, and some BGP numbers for itself."""
    seen: dict[object, str] = {}
    for index, link in enumerate(settings.vpn_links):
        if link.peer_address in seen:
            yield Fault(
                path=f"vpn_links.{index}.peer_address",
                got=str(link.peer_address),
                expected=f"an address other than that of link {seen[link.peer_address]}",
            )
        seen.setdefault(link.peer_address, link.name)
        if RESERVED_NUMBERS.get(link.bgp_asn, "") in (None, settings.region):
            yield Fault(
                path=f"vpn_links.{index}.bgp_asn", got=link.bgp_asn, expected="a number that AWS does not use itself"
            )


def _names(settings: Settings) -> Iterator[Fault]:
    """Names that are put together from several fields, and how long AWS lets them be."""
    owner = f"{settings.client}-{settings.environment}"
    longest = LONGEST_ENVIRONMENT_NAME
    for name in (f"{owner}-{tier}" for tier in ("back-office", "front")):
        if len(name) > longest:
            yield Fault(
                path="environment",
                got=name,
                expected=f"at most {longest} characters for the name of a Beanstalk environment",
            )
    for index, satellite in enumerate(settings.satellites):
        name = f"{owner}-{satellite.name}"
        if len(name) > longest:
            yield Fault(
                path=f"satellites.{index}.name",
                got=name,
                expected=f"at most {longest} characters for the name of a Beanstalk environment",
            )
        if satellite.name in _NAMES_OF_THE_SITE:
            yield Fault(
                path=f"satellites.{index}.name",
                got=satellite.name,
                expected=f"none of {', '.join(_NAMES_OF_THE_SITE)}, which are names of the site",
            )


def _overlaps(settings: Settings) -> Iterator[Fault]:
    """Networks that routes must tell apart: the stack's own, those behind its links and that of VPN clients."""
    taken: list[tuple[str, IPv4Network]] = []
    if isinstance(settings.network, OwnNetworkSettings):
        taken.append(("network.cidr", settings.network.cidr))
    wanted = [
        (f"vpn_links.{index}.remote_cidrs.{number}", f"VPN link {link.name}", remote)
        for index, link in enumerate(settings.vpn_links)
        for number, remote in enumerate(link.remote_cidrs)
    ]
    if settings.vpn_access:
        wanted.append(("vpn_access.client_cidr", "vpn_access", settings.vpn_access.client_cidr))
    for path, owner, network in wanted:
        for where, other in taken:
            if network.overlaps(other):
                yield Fault(path=path, got=str(network), expected=f"a network that does not overlap {other} of {where}")
        taken.append((owner, network))


@dataclass(frozen=True, kw_only=True)
class _FtpServer:
    """An FTP server behind the gateway: the name that a forward leads to, and the ports that it announces for data,
    which the key at ``path`` holds. A satellite's server is there for FTP only; the Windows server is not."""

    target: str
    path: str
    announced: PortRange
    is_satellite: bool


def _ftp_servers(settings: Settings) -> tuple[_FtpServer, ...]:
    satellites = tuple(
        _FtpServer(
            target=f"{each.name}.{settings.internal_domain}",
            path=f"satellites.{index}.ftp.passive_ports",
            announced=each.ftp.passive_range,
            is_satellite=True,
        )
        for index, each in enumerate(settings.satellites)
        if each.ftp
    )
    if not settings.windows:
        return satellites
    windows = _FtpServer(
        target=f"{WINDOWS}.{settings.internal_domain}",
        path="windows.ftp_passive_ports",
        announced=settings.windows.ftp_passive_range,
        is_satellite=False,
    )
    return (windows, *satellites)


def _targets(
    forwards: tuple[ForwardSettings, ...], servers: tuple[_FtpServer, ...], internal: str, network: IPv4Network
) -> Iterator[Fault]:
    """A forward into the network leads, by name, to a server whose security group lets the gateway in."""
    known = [each.target for each in servers]
    for index, forward in enumerate(forwards):
        if forward.target_is_an_address and IPv4Address(forward.target) in network:
            yield Fault(
                path=f"gateway.forwards.{index}.target",
                got=forward.target,
                expected=f"{', '.join([*known, 'an IPv4 address'])} outside of {network}, which is the stack's network",
                fix="An address in it can be that of the gateway itself or of a database, and changes with its server.",
            )
        if forward.target.endswith(f".{internal}") and forward.target not in known:
            yield Fault(
                path=f"gateway.forwards.{index}.target",
                got=forward.target,
                expected=f"{', '.join([*known, 'an IPv4 address'])} or a name outside of {internal}",
            )


def _passive_ranges(forwards: tuple[ForwardSettings, ...], servers: tuple[_FtpServer, ...]) -> Iterator[Fault]:
    """The gateway forwards FTP's control port and every port that an FTP server announces."""
    for server in servers:
        is_forwarded = any(each.target == server.target and each.passive_ports for each in forwards)
        if not (server.is_satellite or is_forwarded):
            continue
        forwarded = target_ports(forwards, server.target)
        missing = [
            str(needed)
            for needed in (_FTP_CONTROL, server.announced)
            if not any(each == needed or each.surrounds(needed) for each in forwarded)
        ]
        if missing:
            yield Fault(
                path=server.path,
                got=str(server.announced),
                expected=f"gateway.forwards to lead {' and '.join(missing)} to {server.target} too",
            )
