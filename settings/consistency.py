"""What the parts of a stack's configuration ask of each other: the faults that no part can see by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from components.beanstalk.environment import NAME_LENGTHS
from components.servers.forwards import Forward, PortRange, target_ports
from components.servers.windows_server import HOST_NAME as WINDOWS
from components.shared.bucket import Purpose

if TYPE_CHECKING:
    from settings.stack_file import Settings

_FTP_CONTROL = PortRange.of(21)
_OF_THE_NETWORK = (
    "domains",
    "certificate",
    "buckets",
    "cost_report",
    "vpn_links",
    "vpn_access",
    "gateway",
    "windows",
    "rundeck",
    "php_my_admin",
)
"""The sections that only a stack with a network of its own has; the first three it must have."""
_NAMES_OF_THE_SITE = ("magento", "front", "back-office")
"""What the site calls its Beanstalk application and environments, whose names have the same pattern."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """``path`` is below the project's namespace, an entry of a list by its number. ``got`` is None for what is not
    there."""

    path: str
    got: object = None
    expected: str


def faults(settings: Settings) -> Iterator[Fault]:
    """Every fault between fields that are sound by themselves; none for a stack that can be built."""
    yield from _own_or_joined(settings) if settings.network.stack is None else _joined(settings)
    yield from _repeated(settings)
    yield from _needs(settings)
    yield from _purposes(settings)
    yield from _names(settings)
    yield from _overlaps(settings)
    if settings.gateway and settings.internal_domain:
        yield from _targets(settings.gateway.forwards, _ftp_servers(settings), settings.internal_domain)
        yield from _passive_ranges(settings.gateway.forwards, _ftp_servers(settings))


def _own_or_joined(settings: Settings) -> Iterator[Fault]:
    for key in _OF_THE_NETWORK[:3]:
        if not getattr(settings, key):
            yield Fault(path=key, expected="this section in a stack with a network of its own")


def _joined(settings: Settings) -> Iterator[Fault]:
    theirs = settings.network.stack
    for key in _OF_THE_NETWORK:
        if getattr(settings, key):
            yield Fault(path=key, got="a section", expected=f"none: it comes with the network of stack {theirs}")
    if settings.file_server and not settings.internal_domain:
        yield Fault(path="network.internal_domain", expected="the zone in which the file_server gets its name")
    if settings.content_delivery and settings.content_delivery.access_logs:
        yield Fault(
            path="content_delivery.access_logs",
            got=True,
            expected=f"false: the bucket for them is known to stack {theirs} alone",
        )


def _repeated(settings: Settings) -> Iterator[Fault]:
    for key in ("buckets", "vpn_links", "satellites", "backups"):
        names = [each.name for each in getattr(settings, key)]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            yield Fault(path=key, got=repeated, expected="each name once")


def _needs(settings: Settings) -> Iterator[Fault]:
    """What one section cannot do without another, or without an entry of it."""
    delivery, offered = settings.content_delivery, settings.site.host_names
    if delivery and delivery.origin not in offered:
        yield Fault(path="content_delivery.origin", got=delivery.origin, expected=f"one of site.host_names {offered}")
    if settings.satellites and not settings.shared_database:
        yield Fault(path="shared_database", expected="the database of the satellites")
    if not settings.gateway:
        if settings.windows:
            yield Fault(path="gateway", expected="the gateway through which alone windows is reached")
        for satellite in settings.satellites:
            if satellite.ftp:
                yield Fault(path="gateway", expected=f"the gateway through which alone FTP reaches {satellite.name}")
    databases = ("shared", "site") if settings.shared_database else ("site",)
    for name in settings.php_my_admin.databases if settings.php_my_admin else ():
        if name not in databases:
            yield Fault(path="php_my_admin.databases", got=name, expected=f"one of {', '.join(databases)}")


def _purposes(settings: Settings) -> Iterator[Fault]:
    """A bucket for each thing that AWS or the stack itself writes."""
    wanted: dict[Purpose, str] = {}
    if settings.network.stack is None and settings.buckets:
        wanted = {Purpose.SITE_CONFIGURATION: "every site", Purpose.LOAD_BALANCER_LOGS: "every site"}
        if settings.content_delivery and settings.content_delivery.access_logs:
            wanted[Purpose.CONTENT_DELIVERY_LOGS] = "content_delivery.access_logs"
        if settings.cost_report:
            wanted[Purpose.COST_REPORTS] = "cost_report"
    there = [each.purpose for each in settings.buckets]
    for purpose, who in wanted.items():
        if purpose not in there:
            yield Fault(path="buckets", got=there, expected=f"one with purpose {purpose}, which {who} needs")


def _names(settings: Settings) -> Iterator[Fault]:
    """Names that are put together from several fields, and how long AWS lets them be."""
    owner = f"{settings.client}-{settings.environment}"
    longest = NAME_LENGTHS[-1]
    for name in (f"{owner}-{tier}" for tier in ("back-office", "front")):
        if len(name) > longest:
            yield Fault(
                path="environment", got=name, expected=f"at most {longest} characters for an environment of Beanstalk"
            )
    for index, satellite in enumerate(settings.satellites):
        name = f"{owner}-{satellite.name}"
        if len(name) > longest:
            yield Fault(
                path=f"satellites.{index}.name",
                got=name,
                expected=f"at most {longest} characters for an environment of Beanstalk",
            )
        if satellite.name in _NAMES_OF_THE_SITE:
            yield Fault(path=f"satellites.{index}.name", got=satellite.name, expected="a name that is not the site's")


def _overlaps(settings: Settings) -> Iterator[Fault]:
    """Networks that routes must tell apart: the stack's own, those behind its links and that of VPN clients."""
    taken: list[tuple[str, IPv4Network]] = []
    if settings.network.cidr:
        taken.append(("network.cidr", settings.network.cidr))
    wanted = [
        (f"vpn_links.{index}.remote_cidrs", f"VPN link {link.name}", remote)
        for index, link in enumerate(settings.vpn_links)
        for remote in link.remote_cidrs
    ]
    if settings.vpn_access:
        wanted.append(("vpn_access.client_cidr", "vpn_access", settings.vpn_access.client_cidr))
    for path, owner, network in wanted:
        for where, other in taken:
            if network.overlaps(other):
                yield Fault(path=path, got=str(network), expected=f"a network apart from {other} of {where}")
        taken.append((owner, network))


@dataclass(frozen=True, kw_only=True)
class _FtpServer:
    """An FTP server behind the gateway: the name that a forward leads to, and the ports for data that it announces, as
    the field at ``path`` has them. A satellite's is there for FTP; a Windows server serves other things too."""

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


def _targets(forwards: tuple[Forward, ...], servers: tuple[_FtpServer, ...], internal: str) -> Iterator[Fault]:
    """Only what admits the gateway has a name in the internal zone that a forward can lead to."""
    known = [each.target for each in servers]
    for index, forward in enumerate(forwards):
        if forward.target.endswith(f".{internal}") and forward.target not in known:
            yield Fault(
                path=f"gateway.forwards.{index}.target",
                got=forward.target,
                expected=", ".join([*known, "an address"]) + f" or a name outside of {internal}",
            )


def _passive_ranges(forwards: tuple[Forward, ...], servers: tuple[_FtpServer, ...]) -> Iterator[Fault]:
    """An FTP server announces only ports that the gateway forwards to it."""
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
                expected=f"gateway.forwards to have {' and '.join(missing)} of {server.target}",
            )
