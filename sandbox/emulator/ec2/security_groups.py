"""Security groups: the rule of a default group, and groups in use, which cannot be deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupBackend, SecurityGroupRule
from moto.ec2.responses.security_groups import SecurityGroups

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch


@patch(
    "moto.ec2.models.security_groups:SecurityGroupBackend.create_security_group",
    sha256="4fe4ee9a3e1afefcc168a28750c8258c2c88ec645f0cd5afcf568f8138910104",
    upstream="The default group of a VPC lacks the rule that lets its own members in.",
)
def _create_security_group(original: Any, backend: SecurityGroupBackend, *args: Any, **kwargs: Any) -> SecurityGroup:
    """A default group allows traffic between its members."""
    group = original(backend, *args, **kwargs)
    if group.is_default:
        itself = {"GroupId": group.id, "UserId": backend.account_id, "OwnerId": backend.account_id}
        group.add_ingress_rule(SecurityGroupRule(backend, "-1", group.id, None, None, None, itself, is_egress=False))
    return group


@patch(
    "moto.ec2.responses.security_groups:SecurityGroups.delete_security_group",
    sha256="7ed4ae011faff8be843c5514b9415abdc6f9e907217289ca32b9c17f02257793",
    upstream="DeleteSecurityGroup deletes a default group and one that another group or an interface uses.",
)
def _delete_security_group(original: Any, response: SecurityGroups) -> ActionResult:
    """Refuse to delete a default group, and a group that an interface or a rule of another group uses."""
    backend = response.ec2_backend
    group = backend.get_security_group_from_id(response._get_param("GroupId"))
    if group is not None:
        if group.is_default:
            raise AwsError("CannotDelete", f"the specified group: {group.id} cannot be deleted by a user")
        if next(_dependents(backend, group), None):
            raise AwsError("DependencyViolation", f"resource {group.id} has a dependent object")
    return original(response)


def _dependents(backend: SecurityGroupBackend, group: SecurityGroup) -> Iterator[str]:
    """The ids of the groups and interfaces that use ``group``."""
    for others in backend.groups.values():
        for other in others.values():
            if other.id == group.id:
                continue
            if any(rule.source_group.get("GroupId") == group.id for rule in other.ingress_rules + other.egress_rules):
                yield other.id
    for interface in backend.enis.values():
        gone = interface.instance is not None and interface.instance.state == "terminated"
        if not gone and any(member.id == group.id for member in interface._group_set):
            yield interface.id
