"""What security groups and network ACLs allow.

Traffic of several addresses counts as allowed when it is allowed for any of them: an allow rule applies when it
includes some of them, a deny rule only when it includes all of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from reachability.addresses import Addresses
from reachability.inventory import Direction, NetworkAcl, SecurityGroup, SecurityGroupRule
from reachability.places import Point
from reachability.traffic import EVERYTHING, NOTHING, Traffic


def through_groups(
    groups: Mapping[str, SecurityGroup],
    guarded: Point,
    direction: Direction,
    far: Addresses,
    far_group_ids: tuple[str, ...] = (),
) -> tuple[Traffic, list[SecurityGroupRule]]:
    """What the groups of ``guarded`` allow in from, or out to, those addresses and those groups' members; and the rules
    that allow it. Answers need no rule: security groups are stateful."""
    if not guarded.group_ids:
        return EVERYTHING, []
    rules = [
        rule
        for id in guarded.group_ids
        for rule in (groups[id].rules if id in groups else ())
        if rule.direction is direction
        and (rule.group_id in far_group_ids or any(far.touch(each) for each in rule.networks))
    ]
    passed = NOTHING
    for rule in rules:
        passed |= rule.traffic
    return passed, rules


def through_acl(acl: NetworkAcl, direction: Direction, far: Addresses) -> Traffic:
    """What a network ACL allows in from, or out to, those addresses. The first entry that matches decides."""
    passed, undecided = NOTHING, EVERYTHING
    for entry in acl.entries:
        if entry.direction is not direction:
            continue
        if entry.allows and far.touch(entry.network):
            passed |= entry.traffic & undecided
        if far.lie_in(entry.network):
            undecided -= entry.traffic
    return passed


def through_acl_and_back(acl: NetworkAcl, direction: Direction, far: Addresses) -> Traffic:
    """The same for a connection, whose answers must be allowed too: network ACLs are stateless."""
    back = Direction.OUT if direction is Direction.IN else Direction.IN
    return through_acl(acl, direction, far).answered_by(through_acl(acl, back, far))
