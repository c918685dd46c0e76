"""A security group's rules as a program writes them inline, and as AWS groups them.

AWS groups rules by protocol and ports into an ``IpPermission``; a program groups them as it likes. Both stand for a
set of single ``Grant``s, which is what is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sandbox.provider.adapter import Values
from sandbox.provider.aws.blocks import Shape

ANY_PROTOCOL = "-1"
# pulumi-aws's list of sources, AWS's list of records, and the field of each record.
SOURCES = {
    "cidrBlocks": ("IpRanges", "CidrIp"),
    "ipv6CidrBlocks": ("Ipv6Ranges", "CidrIpv6"),
    "prefixListIds": ("PrefixListIds", "PrefixListId"),
    "securityGroups": ("UserIdGroupPairs", "GroupId"),
}
INLINE_RULE = Shape(
    {name: name for name in ("protocol", "fromPort", "toPort", "description", "self", *SOURCES)},
)
"""The keys that an inline rule may have; it is translated through grants, not field by field."""


@dataclass(frozen=True, kw_only=True, order=True)
class Grant:
    """One protocol and port range for one source."""

    protocol: str
    from_port: int
    to_port: int
    description: str
    kind: str
    """The list of ``SOURCES`` that the source belongs in."""
    source: str


def from_inline(rules: Iterable[Values], group_id: str) -> set[Grant]:
    """The grants of inline rules; a rule of ``self`` is one for the group's own id."""
    grants = set()
    for rule in rules:
        protocol = str(rule["protocol"]).lower()
        protocol = ANY_PROTOCOL if protocol == "all" else protocol
        sources = [(kind, source) for kind in SOURCES for source in rule.get(kind) or ()]
        if rule.get("self"):
            sources.append(("securityGroups", group_id))
        for kind, source in sources:
            grants.add(
                Grant(
                    protocol=protocol,
                    from_port=int(rule["fromPort"]),
                    to_port=int(rule["toPort"]),
                    description=rule.get("description") or "",
                    kind=kind,
                    source=source,
                )
            )
    return grants


def from_aws(permissions: Iterable[Any]) -> set[Grant]:
    """The grants of a security group's ``IpPermissions`` or ``IpPermissionsEgress``."""
    return {
        Grant(
            protocol=permission["IpProtocol"],
            # AWS names no ports where the protocol has none; pulumi-aws writes 0 for both.
            from_port=permission.get("FromPort", 0) if permission["IpProtocol"] != ANY_PROTOCOL else 0,
            to_port=permission.get("ToPort", 0) if permission["IpProtocol"] != ANY_PROTOCOL else 0,
            description=record.get("Description", ""),
            kind=kind,
            source=record[field],
        )
        for permission in permissions
        for kind, (records, field) in SOURCES.items()
        for record in permission.get(records) or ()
    }


def to_aws(grants: Iterable[Grant]) -> list[Values]:
    """The ``IpPermissions`` argument of an authorize or revoke call: one permission a grant."""
    permissions: list[Values] = []
    for grant in sorted(grants):
        records, field = SOURCES[grant.kind]
        record = {field: grant.source}
        if grant.description:
            record["Description"] = grant.description
        permission: Values = {"IpProtocol": grant.protocol, records: [record]}
        if grant.protocol != ANY_PROTOCOL:
            permission |= {"FromPort": grant.from_port, "ToPort": grant.to_port}
        permissions.append(permission)
    return permissions


def to_inline(grants: set[Grant], group_id: str, last_known: Sequence[Values]) -> list[Values]:
    """The grants as inline rules: as last known where those still say the same, else one rule for each protocol, port
    range and description."""
    if from_inline(last_known, group_id) == grants:
        return list(last_known)
    rules = []
    for (protocol, from_port, to_port, description), members in groupby(
        sorted(grants), key=lambda grant: (grant.protocol, grant.from_port, grant.to_port, grant.description)
    ):
        rule: Values = {"protocol": protocol, "fromPort": from_port, "toPort": to_port}
        if description:
            rule["description"] = description
        for grant in members:
            if grant.source == group_id:
                rule["self"] = True
            else:
                rule.setdefault(grant.kind, []).append(grant.source)
        rules.append(rule)
    return rules
