"""The addresses that a policy's config allows, each with its owner, reason and last day."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any

from pulumi_policy import PolicyConfigSchema

from policies.engine.exceptions import today
from policies.model.rule import Config, PolicyConfigError

Network = IPv4Network | IPv6Network

MINIMUM_PREFIXES = {
    "minimum_prefix_v4": {"type": "integer", "default": 28, "minimum": 1, "maximum": 32},
    "minimum_prefix_v6": {"type": "integer", "default": 64, "minimum": 1, "maximum": 128},
}
SCHEMA = PolicyConfigSchema(
    properties={
        "allowed": {
            "type": "array",
            "default": [],
            "items": {
                "type": "object",
                "required": ["cidr", "owner", "reason", "expires"],
                "additionalProperties": False,
                "properties": {
                    "cidr": {"type": "string"},
                    "owner": {"type": "string", "minLength": 1},
                    "reason": {"type": "string", "minLength": 10},
                    "expires": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
                },
            },
        },
        **MINIMUM_PREFIXES,
    }
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One allowed range. ``expires`` is the last day on which it counts, in UTC."""

    network: Network
    owner: str
    expires: datetime.date


@dataclass(frozen=True, kw_only=True)
class AllowList:
    """Allowed ranges, and the shortest prefixes (so the widest ranges) that any rule may let in."""

    entries: tuple[Entry, ...]
    minimum_prefix_v4: int
    minimum_prefix_v6: int

    @classmethod
    def from_config(cls, config: Config) -> AllowList:
        """Reads a policy's config. Raises PolicyConfigError naming the entry and what is wrong with it."""
        return cls(
            entries=tuple(_entry(each) for each in config.get("allowed", ())),
            # The engine sends every number as a float.
            minimum_prefix_v4=int(config.get("minimum_prefix_v4", 28)),
            minimum_prefix_v6=int(config.get("minimum_prefix_v6", 64)),
        )

    def minimum_prefix(self, network: Network) -> int:
        """The shortest prefix allowed for this version of IP."""
        return self.minimum_prefix_v4 if network.version == 4 else self.minimum_prefix_v6

    def is_too_wide(self, network: Network) -> bool:
        """Whether the range is wider than any rule may let in."""
        return network.prefixlen < self.minimum_prefix(network)

    def covering(self, network: Network) -> tuple[Entry, ...]:
        """The entries that hold the whole range, expired ones too."""
        return tuple(entry for entry in self.entries if holds(entry.network, network))

    def objection(self, network: Network) -> str:
        """Why the range may not come in, as a clause that follows "which …"; empty if it may."""
        entries = self.covering(network)
        if is_private(network) or any(entry.expires >= today() for entry in entries):
            return ""
        if not entries:
            return "nobody has allowed"
        last = max(entries, key=lambda entry: entry.expires)
        return f"{last.owner} allowed until {last.expires}"


def merged(networks: Iterable[Network]) -> Iterator[Network]:
    """The fewest ranges that hold the same addresses: two halves of the internet come out as all of it."""
    everything = tuple(networks)
    yield from collapse_addresses(each for each in everything if isinstance(each, IPv4Network))
    yield from collapse_addresses(each for each in everything if isinstance(each, IPv6Network))


# RFC 1918 and RFC 4193. Not ipaddress's `is_private`, which holds for documentation and other special ranges too.
_PRIVATE = tuple(ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))


def is_private(network: Network) -> bool:
    """Whether no address of the range is reachable from the internet."""
    return any(holds(private, network) for private in _PRIVATE)


def holds(outer: Network, inner: Network) -> bool:
    """Whether one range holds the whole other."""
    return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type]  # the versions agree


def _entry(raw: Mapping[str, Any]) -> Entry:
    try:
        network = ip_network(raw["cidr"])
        expires = datetime.date.fromisoformat(raw["expires"])
    except KeyError as error:
        raise PolicyConfigError(f"allowed entry {dict(raw)} has no {error.args[0]}") from None
    except ValueError as error:
        raise PolicyConfigError(f"allowed entry of {raw.get('owner', 'nobody')}: {error}") from None
    return Entry(network=network, owner=raw["owner"], expires=expires)
