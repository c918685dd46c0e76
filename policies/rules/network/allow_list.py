"""The gateway's allow list, as the policies read it: public addresses, each with its owner, reason and last day.

The stack files' ``gateway.allowed`` comes in as the policies' config, see ``policies/engine/stack_permissions.py``.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from pulumi_policy import PolicyConfigSchema

from policies.aws.ip_ranges import IpRange, holds, is_private
from policies.model.expiry import today
from policies.model.rule import Config, PolicyConfigError

_WIDEST_V4 = 28
_WIDEST_V6 = 64
"""Prefix lengths of the widest ranges that a rule may allow: 16 addresses, or one network of IPv6."""

MINIMUM_PREFIXES = {
    "minimum_prefix_v4": {"type": "integer", "default": _WIDEST_V4, "minimum": 1, "maximum": 32},
    "minimum_prefix_v6": {"type": "integer", "default": _WIDEST_V6, "minimum": 1, "maximum": 128},
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

EXPECTED = "a private range, or a range on the allow list that has not expired"


@dataclass(frozen=True, kw_only=True)
class AllowedRange:
    """One entry of the list. ``expires`` is the last day on which it counts, in UTC."""

    ip_range: IpRange
    owner: str
    expires: datetime.date


@dataclass(frozen=True, kw_only=True)
class AllowList:
    """The allowed ranges, and the shortest prefixes (so the widest ranges) that a rule may allow."""

    entries: tuple[AllowedRange, ...]
    minimum_prefix_v4: int
    minimum_prefix_v6: int

    @classmethod
    def from_config(cls, config: Config) -> AllowList:
        """Reads a policy's config. Raises PolicyConfigError that names the entry and what is wrong with it."""
        return cls(
            entries=tuple(_entry(f"allowed[{index}]", each) for index, each in enumerate(config.get("allowed", ()))),
            # The engine sends every number as a float.
            minimum_prefix_v4=int(config.get("minimum_prefix_v4", _WIDEST_V4)),
            minimum_prefix_v6=int(config.get("minimum_prefix_v6", _WIDEST_V6)),
        )

    def minimum_prefix(self, ip_range: IpRange) -> int:
        """The shortest prefix allowed for this version of IP."""
        return self.minimum_prefix_v4 if ip_range.version == 4 else self.minimum_prefix_v6

    def is_too_wide(self, ip_range: IpRange) -> bool:
        """Whether the range is wider than any rule may allow."""
        return ip_range.prefixlen < self.minimum_prefix(ip_range)

    def objection(self, ip_range: IpRange) -> str:
        """Why the range is not allowed, as a clause that follows "which …"; empty if it is allowed."""
        entries = [entry for entry in self.entries if holds(entry.ip_range, ip_range)]
        if is_private(ip_range) or any(entry.expires >= today() for entry in entries):
            return ""
        if not entries:
            return "is not on the allow list"
        last = max(entries, key=lambda entry: entry.expires)
        return f"{last.owner} allowed until {last.expires}"


def _entry(path: str, raw: Mapping[str, Any]) -> AllowedRange:
    for name in ("cidr", "owner", "expires"):
        if name not in raw:
            raise PolicyConfigError(f"{path}: got no {name}, expected one")
    owner, cidr, day = raw["owner"], raw["cidr"], raw["expires"]
    try:
        ip_range = ip_network(cidr)
    except ValueError as error:
        raise PolicyConfigError(f"{path}.cidr of {owner}: got {cidr}, expected a network ({error})") from None
    try:
        expires = datetime.date.fromisoformat(day)
    except ValueError:
        raise PolicyConfigError(f"{path}.expires of {owner}: got {day}, expected a date such as 2027-06-30") from None
    return AllowedRange(ip_range=ip_range, owner=owner, expires=expires)
