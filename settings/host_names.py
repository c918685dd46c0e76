"""Every DNS record that a stack makes: names that differ from each other, inside the zone that they are in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from settings.messages import Fault
from settings.php_my_admin import HOST_NAME as PHP_MY_ADMIN
from settings.rundeck import HOST_NAME as RUNDECK
from settings.windows import HOST_NAME as WINDOWS

if TYPE_CHECKING:
    from settings.stack_file import Settings

_CNAME = "CNAME"
_OF_THE_ZONE = frozenset({"NS", "SOA"})
"""The records that Route 53 makes with a zone, at the zone's own name."""


@dataclass(frozen=True, kw_only=True)
class NamedRecord:
    """A name in a zone, the types of its records there, and the key of the stack file that asks for it."""

    path: str
    name: str
    types: frozenset[str]
    is_served: bool = True
    """Whether the stack answers HTTPS under it, so that the certificate must cover it."""

    def excludes(self, other: NamedRecord) -> bool:
        """Whether Route 53 has no place for both: one type twice, or a CNAME beside anything ("Supported DNS record
        types")."""
        return self.name == other.name and bool(self.types & other.types or _CNAME in self.types | other.types)


@dataclass(frozen=True, kw_only=True)
class SharedNames:
    """What a stack that joins another's network must fit: the other's place, zones, records and certificate."""

    client: str
    environment: str
    region: str
    zones: Sequence[str]
    """The letters of the network's zones."""
    public_domain: str
    internal_domain: str
    certified_names: Sequence[str]
    """The names of the certificate, wildcards among them."""
    public_records: Mapping[str, Sequence[str]]
    """The types of the other stack's records by name."""
    internal_records: Mapping[str, Sequence[str]]

    @staticmethod
    def of(settings: Settings, *, certified_names: Sequence[str]) -> SharedNames:
        """The names of a stack with a network of its own."""
        assert settings.domains is not None, "settings refuse a network of its own without domains"
        return SharedNames(
            client=settings.client,
            environment=settings.environment,
            region=settings.region,
            zones=list(settings.network.zones),
            public_domain=settings.domains.public,
            internal_domain=settings.domains.internal,
            certified_names=list(certified_names),
            public_records=types_by_name(public_records(settings)),
            internal_records=types_by_name(internal_records(settings)),
        )


def public_records(settings: Settings) -> Iterator[NamedRecord]:
    """Every record that the stack makes in the public zone."""
    for index, name in enumerate(settings.site.host_names):
        yield NamedRecord(path=f"site.host_names.{index}", name=name, types=frozenset({"A"}))
    if delivery := settings.content_delivery:
        # Its origin is one of the site's names.
        for key, name in (("media", delivery.media), ("static", delivery.static)):
            yield NamedRecord(path=f"content_delivery.{key}", name=name, types=frozenset({"A", "AAAA"}))
    for index, record in enumerate(settings.domains.records if settings.domains else ()):
        path, types = f"domains.records.{index}.name", frozenset({record.type.value})
        yield NamedRecord(path=path, name=record.name, types=types, is_served=False)
    for index, satellite in enumerate(settings.satellites):
        if satellite.https_host_name:
            path = f"satellites.{index}.https_host_name"
            yield NamedRecord(path=path, name=satellite.https_host_name, types=frozenset({_CNAME}))


def internal_records(settings: Settings) -> Iterator[NamedRecord]:
    """Every record that the stack makes in the private zone."""
    hosts = {
        # First the names that nobody can choose, so that a fault is about one that somebody has chosen.
        "windows": WINDOWS if settings.windows else None,
        "rundeck": RUNDECK if settings.rundeck else None,
        "php_my_admin": PHP_MY_ADMIN if settings.php_my_admin else None,
        "file_server.host_name": settings.file_server.host_name if settings.file_server else None,
        **{f"satellites.{index}.name": each.name for index, each in enumerate(settings.satellites) if each.ftp},
    }
    for path, host in hosts.items():
        if host:
            name = f"{host}.{settings.internal_domain}"
            yield NamedRecord(path=path, name=name, types=frozenset({"A"}), is_served=False)


def types_by_name(records: Iterable[NamedRecord]) -> dict[str, list[str]]:
    """What another stack needs to know of records: the types of each name."""
    found: dict[str, set[str]] = {}
    for record in records:
        found.setdefault(record.name, set()).update(record.types)
    return {name: sorted(types) for name, types in sorted(found.items())}


def is_covered(name: str, certified: Sequence[str]) -> bool:
    """Whether a certificate is for a name. A wildcard stands for one label: *.client.url does not cover client.url."""
    return name in certified or f"*.{name.partition('.')[2]}" in certified


def faults(settings: Settings) -> Iterator[Fault]:
    """Names of a stack file that exclude each other, or that are not in the zones that the stack file names."""
    zones: list[NamedRecord] = []
    if (domains := settings.domains) and not settings.joined_stack:
        zones.append(NamedRecord(path="domains.public", name=domains.public, types=_OF_THE_ZONE))
        for record in public_records(settings):
            yield from _inside(record, domains.public, "domains.public")
    yield from _exclusions([*zones, *public_records(settings)])
    yield from _exclusions([*internal_records(settings)])


def faults_beside(settings: Settings, shared: SharedNames, stack: str) -> Iterator[Fault]:
    """Names of a stack file that do not fit the network of the named stack, which this one joins."""
    yield from _place_beside(settings, shared, stack)
    own = settings.internal_domain
    if own is not None and own != shared.internal_domain:
        yield Fault(
            path="network.internal_domain",
            got=own,
            expected=f"{shared.internal_domain}, which is domains.internal of stack {stack}",
        )
    zone = NamedRecord(path="domains.public", name=shared.public_domain, types=_OF_THE_ZONE)
    for records, taken in (
        (public_records(settings), [zone, *_of_the_other(shared.public_records)]),
        (internal_records(settings), [*_of_the_other(shared.internal_records)]),
    ):
        for record in records:
            if record.is_served:
                yield from _inside(record, shared.public_domain, f"domains.public of stack {stack}")
                if not is_covered(record.name, shared.certified_names):
                    yield Fault(
                        path=record.path,
                        got=record.name,
                        expected=f"a name that the certificate of stack {stack} covers: "
                        f"{', '.join(shared.certified_names)}",
                    )
            if any(record.excludes(other) for other in taken):
                yield Fault(path=record.path, got=record.name, expected=f"a name that stack {stack} does not have")


def _place_beside(settings: Settings, shared: SharedNames, stack: str) -> Iterator[Fault]:
    """One client, one region, zones of the network, and an environment's name of its own."""
    for key in ("client", "region"):
        if getattr(settings, key) != getattr(shared, key):
            yield Fault(path=key, got=getattr(settings, key), expected=f"{getattr(shared, key)}, as in stack {stack}")
    if settings.environment == shared.environment:
        # Names, tags and the site's configuration would be those of the other stack.
        yield Fault(path="environment", got=settings.environment, expected=f"another name than that of stack {stack}")
    for index, zone in enumerate(settings.network.zones):
        if zone not in shared.zones:
            yield Fault(
                path=f"network.zones.{index}",
                got=zone,
                expected=f"one of {', '.join(shared.zones)}, the zones of stack {stack}",
            )


def _of_the_other(records: Mapping[str, Sequence[str]]) -> Iterator[NamedRecord]:
    for name, types in records.items():
        yield NamedRecord(path="", name=name, types=frozenset(types))


def _inside(record: NamedRecord, zone: str, key: str) -> Iterator[Fault]:
    if record.name != zone and not record.name.endswith(f".{zone}"):
        # The AWS provider would append the zone's name to it.
        yield Fault(path=record.path, got=record.name, expected=f"{zone} or a name that ends in .{zone}, as in {key}")


def _exclusions(records: Sequence[NamedRecord]) -> Iterator[Fault]:
    for index, record in enumerate(records):
        for other in records[:index]:
            if record.excludes(other):
                expected = f"a name other than that of {other.path}, since both are in one zone"
                yield Fault(path=record.path, got=record.name, expected=expected)
                break
