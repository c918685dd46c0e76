"""What a stack that is up keeps: keys that AWS cannot change in place, sizes and versions that only grow, and data."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi

from settings.cache import ApplyCacheChanges, CacheSettings
from settings.database import ApplyChanges, DatabaseSettings
from settings.joined_platform import outputs_of
from settings.messages import Fault, Words
from settings.network import JoinedNetworkSettings
from settings.stack_file import Settings, SettingsError, report
from settings.vpn_link import VpnLinkSettings

OUTPUT = "standing_settings"
"""The stack output with what the next run compares. A run that fails does not write it."""
REMOVING = "MAGENTO_REMOVE_DATA"
"""The environment variable with the names of what a run may remove although it holds data, separated by commas."""
_PAGE = "docs/operations.md"


def of(settings: Settings) -> dict[str, Any]:
    """What a stack with these settings keeps, for its output."""
    return {
        "protect": settings.protect,
        "fixed": _fixed(settings),
        "growing": {name: value for name, (_, value) in _growing(settings).items()},
        "links": {link.name: _gateway(link) for link in settings.vpn_links},
        "crypt_key_secret": settings.site.crypt_key_secret or "",
        "held": {path: list(names) for path, names in _held(settings).items()},
        "exported": _exported(settings),
    }


def check(settings: Settings) -> None:
    """Hold the stack file against what is up, before anything is planned. Raises ``SettingsError`` with every fault.

    Pulumi would plan most of these as an update or a replacement, and AWS would stop half-way: it cannot move a
    database to another VPC, make a disk smaller or go back to an older version.
    """
    standing = outputs_of(pulumi.get_stack()).get(OUTPUT) or {}
    if standing and (faults := tuple(_faults(settings, standing))):
        raise SettingsError(report(faults))


def _faults(settings: Settings, standing: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _changed(_fixed(settings), standing["fixed"])
    is_protected = settings.protect or standing["protect"]
    yield from _smaller(settings, standing["growing"], is_protected=is_protected)
    yield from _upgraded(settings, standing["growing"])
    yield from _renamed_links(settings, standing.get("links") or {})
    yield from _other_key(settings, standing.get("crypt_key_secret"))
    if is_protected:
        yield from _removed(_held(settings), standing["held"])
    yield from _still_exported(settings, standing.get("exported") or (), is_protected=is_protected)


def _fixed(settings: Settings) -> dict[str, str | list[str]]:
    network = settings.network
    found: dict[str, str | list[str]] = {
        "region": settings.region,
        "client": settings.client,
        "environment": settings.environment,
    }
    if isinstance(network, JoinedNetworkSettings):
        return found | {"network.stack": network.stack, "network.zones": list(network.zones)}
    found |= {"network.cidr": str(network.cidr), "network.zones": list(network.zones)}
    if settings.domains:
        found |= {"domains.public": settings.domains.public, "domains.internal": settings.domains.internal}
    return found


def _changed(wanted: Mapping[str, Any], standing: Mapping[str, Any]) -> Iterator[Fault]:
    if ("network.cidr" in wanted) != ("network.cidr" in standing):
        yield Fault(
            path="network",
            got=Words("a network of its own" if "network.cidr" in wanted else "the network of another stack"),
            expected="the network that the stack is in, since databases cannot move to another VPC",
            fix=f"To move, read {_PAGE}, Move to another network or name.",
        )
        return
    for path, value in wanted.items():
        before = standing.get(path, value)
        if isinstance(value, list):
            # A subnet's addresses follow from its place in the list, and RDS and ElastiCache take no subnet with a node
            # out of their subnet groups ("SubnetInUse").
            if value[: len(before)] != list(before):
                yield Fault(
                    path=path,
                    got=value,
                    expected=f"{', '.join(before)} first, in this order, since databases and disks are in them",
                    fix="More zones may follow.",
                )
        elif value != before:
            yield Fault(
                path=path,
                got=value,
                expected=f"{before}, since it cannot be changed while the stack is up",
                fix=f"To move, read {_PAGE}, Move to another network or name.",
            )


def _growing(settings: Settings) -> dict[str, tuple[str, int | str]]:
    """Sizes in GiB and versions, by a name that stays when a list has another order: the key's path, and its value."""
    found: dict[str, tuple[str, int | str]] = {}

    def add(path: str, value: int | str, name: str = "") -> None:
        found[name or path] = (path, value)

    for path, database in _databases(settings).items():
        add(f"{path}.storage_gib", database.storage_gib)
        add(f"{path}.engine_version", database.engine_version)
    for path, cache in _caches(settings).items():
        add(f"{path}.engine_version", cache.engine_version)
    add("site.search.engine_version", settings.site.search.engine_version)
    servers: dict[str, Any] = {
        "file_server": settings.file_server,
        "vpn_access": settings.vpn_access,
        "gateway": settings.gateway,
        "windows": settings.windows,
        "rundeck": settings.rundeck,
        "php_my_admin": settings.php_my_admin,
    }
    for path, server in servers.items():
        if server:
            add(f"{path}.size.root_volume_gib", server.size.root_volume_gib)
    if settings.vpn_access:
        add("vpn_access.keys_volume_gib", settings.vpn_access.keys_volume_gib)
    if settings.rundeck:
        add("rundeck.data_volume_gib", settings.rundeck.data_volume_gib)
    for path, disks in _disks(settings).items():
        for index, disk in enumerate(disks):
            add(f"{path}.{index}.size_gib", disk.size_gib, f"{path}.{disk.name}.size_gib")
    return found


def _smaller(settings: Settings, standing: Mapping[str, Any], *, is_protected: bool) -> Iterator[Fault]:
    for name, (path, value) in _growing(settings).items():
        before = standing.get(name, value)
        if isinstance(value, int):
            if value < before:
                yield Fault(path=path, got=value, expected=f"{int(before)} or more, since AWS makes no disk smaller")
        elif _version(value) < _version(before):
            is_cache = "cache" in path
            # ElastiCache goes back by making a new, empty cache.
            if is_protected or not is_cache:
                why = "an older version means a new, empty cache" if is_cache else "AWS goes back to no older version"
                yield Fault(path=path, got=value, expected=f"{before} or newer, since {why}")


def _upgraded(settings: Settings, standing: Mapping[str, Any]) -> Iterator[Fault]:
    for path, database in _databases(settings).items():
        version = database.engine_version
        before = standing.get(f"{path}.engine_version", version)
        if _version(version) > _version(before) and database.apply_changes is ApplyChanges.IN_WINDOW:
            yield Fault(
                path=f"{path}.engine_version",
                got=version,
                expected=f"{before}, or apply_changes with the value now or blue-green",
                fix=f"RDS changes the version and the parameter group together. Read {_PAGE}, Upgrade a database.",
            )
    for path, cache in _caches(settings).items():
        version = cache.engine_version
        before = standing.get(f"{path}.engine_version", version)
        # The parameter group is that of the first number.
        if _version(version)[0] > _version(before)[0] and cache.apply_changes is ApplyCacheChanges.IN_WINDOW:
            yield Fault(
                path=f"{path}.engine_version",
                got=version,
                expected=f"{before}, or apply_changes with the value now",
                fix=f"ElastiCache changes the version and the parameter group together. Read {_PAGE}, Upgrade a cache.",
            )


def _renamed_links(settings: Settings, standing: Mapping[str, str]) -> Iterator[Fault]:
    """A device of a link that is up under another name. AWS answers an identical CreateCustomerGateway with the gateway
    that is there ("CreateCustomerGateway"), and the run would then delete it as the old link's."""
    names = {gateway: name for name, gateway in standing.items()}
    for index, link in enumerate(settings.vpn_links):
        name = names.get(_gateway(link), link.name)
        if name != link.name:
            yield Fault(
                path=f"vpn_links.{index}.peer_address",
                got=str(link.peer_address),
                expected=f"an address other than that of link {name}, which is up",
                fix=f"To rename {name}, remove it and run pulumi up, then add it under its new name.",
            )


def _other_key(settings: Settings, standing: str | None) -> Iterator[Fault]:
    """Another crypt key than that of the database that is up. None: a stack from before there was a choice."""
    wanted = settings.site.crypt_key_secret
    if standing is not None and (wanted or "") != standing:
        yield Fault(
            path="site.crypt_key_secret",
            got=wanted or Words("no value"),
            expected=f"{standing}, since the database is encrypted with its key"
            if standing
            else "no value, since the database is encrypted with the key that the stack made",
            fix=f"To change the key, read {_PAGE}, Bring a shop that exists." if standing else "",
        )


def _gateway(link: VpnLinkSettings) -> str:
    """What makes two customer gateways the same one to AWS."""
    return f"{link.peer_address} {link.bgp_asn}"


def _held(settings: Settings) -> dict[str, tuple[str, ...]]:
    """The names of what holds data or is known to others, by the key that lists them."""
    sections = {
        "shared_database": settings.shared_database,
        "site.session_cache": settings.site.session_cache,
        "vpn_access": settings.vpn_access,
        "gateway": settings.gateway,
        "rundeck": settings.rundeck,
        "backups": settings.backups,
    }
    held: dict[str, tuple[str, ...]] = {path: (path,) for path, section in sections.items() if section}
    held |= {path: tuple(disk.name for disk in disks) for path, disks in _disks(settings).items()}
    held["buckets"] = tuple(bucket.name for bucket in settings.buckets)
    held["satellites"] = tuple(
        f"{satellite.name}/{secret}"
        for satellite in settings.satellites
        for secret in (*satellite.filled_secrets, *(["ftp"] if satellite.ftp else []))
    )
    return {path: names for path, names in held.items() if names}


def _removed(wanted: Mapping[str, Sequence[str]], standing: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    may_go = _may_go()
    for path, before in standing.items():
        gone = [name for name in before if name not in wanted.get(path, ()) and name not in may_go]
        if gone:
            names = ", ".join(gone)
            yield Fault(
                path=path,
                got=Words("no section" if gone == [path] else f"no {names}"),
                expected="the section" if gone == [path] else names,
                fix="It is up and holds what cannot be made again. Another name is a removal too. "
                f"To remove it, read {_PAGE}, Remove what holds data.",
            )


def _may_go() -> set[str]:
    return {name.strip() for name in os.environ.get(REMOVING, "").split(",")}


def _exported(settings: Settings) -> list[str]:
    return [share.name for share in settings.file_server.exported] if settings.file_server else []


def _still_exported(settings: Settings, standing: Sequence[str], *, is_protected: bool) -> Iterator[Fault]:
    """Shares that are to go, and that the server uses: it would be stopped to detach their volumes, and stay so."""
    if settings.file_server is None:
        return
    kept = {share.name for share in settings.file_server.shares}
    gone = [name for name in standing if name not in kept and (name in _may_go() or not is_protected)]
    if gone:
        yield Fault(
            path="file_server.shares",
            got=Words(f"no {', '.join(gone)}"),
            expected=f"{', '.join(gone)} with exported: false first",
            fix=f"The server unmounts it, and its volume can be taken away while it runs. Read {_PAGE}, File server.",
        )


def _databases(settings: Settings) -> dict[str, DatabaseSettings]:
    shared = {"shared_database": settings.shared_database} if settings.shared_database else {}
    return {"site.database": settings.site.database, **shared}


def _caches(settings: Settings) -> dict[str, CacheSettings]:
    caches = {"site.cache": settings.site.cache, "site.session_cache": settings.site.session_cache}
    return {path: cache for path, cache in caches.items() if cache}


def _disks(settings: Settings) -> dict[str, Sequence[Any]]:
    """The lists of data disks, each with a name and a size."""
    found: dict[str, Sequence[Any]] = {}
    if settings.file_server:
        found["file_server.shares"] = settings.file_server.shares
    if settings.windows:
        found["windows.volumes"] = settings.windows.volumes
    return found


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
