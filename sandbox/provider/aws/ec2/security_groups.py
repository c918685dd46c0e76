"""Security groups, and the default one of a VPC. Rules of their own are in ``sandbox.provider.aws.vpc``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from sandbox.provider.adapter import TAGS, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.ec2.permissions import INLINE_RULE, from_aws, from_inline, to_aws, to_inline
from sandbox.provider.aws.ec2.tagged import TaggedEc2Adapter, arn, tag_specifications


class _RuledGroup(TaggedEc2Adapter):
    """A security group whose rules may be written inline."""

    not_found = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed")
    outputs: ClassVar[Sequence[str]] = ("arn", "ownerId")

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return [
            *INLINE_RULE.unknown_keys(inputs.get("ingress"), "ingress"),
            *INLINE_RULE.unknown_keys(inputs.get("egress"), "egress"),
        ]

    def _read(self, aws: Aws, id: str, state: Values) -> tuple[Any, Values]:
        """AWS's record of the group, and what both types read from it."""
        group = _group(aws, id)
        return group, {
            "vpcId": group.get("VpcId"),
            "ingress": to_inline(from_aws(group["IpPermissions"]), id, state.get("ingress") or ()),
            "egress": to_inline(from_aws(group["IpPermissionsEgress"]), id, state.get("egress") or ()),
            "tags": tags.from_records(group.get("Tags")),
            "arn": arn(aws, "security-group", id),
            "ownerId": group["OwnerId"],
        }

    def _converge(self, aws: Aws, id: str, *, ingress: list[Values] | None, egress: list[Values] | None) -> None:
        """Bring the group's rules to these; ``None`` leaves that direction as it is."""
        ec2 = aws.client("ec2")
        group = _group(aws, id)
        for rules, live, authorize, revoke in (
            (ingress, group["IpPermissions"], ec2.authorize_security_group_ingress, ec2.revoke_security_group_ingress),
            (
                egress,
                group["IpPermissionsEgress"],
                ec2.authorize_security_group_egress,
                ec2.revoke_security_group_egress,
            ),
        ):
            if rules is None:
                continue
            wanted, present = from_inline(rules, id), from_aws(live)
            if present - wanted:
                revoke(GroupId=id, IpPermissions=to_aws(present - wanted))
            if wanted - present:
                authorize(GroupId=id, IpPermissions=to_aws(wanted - present))


@adapter
class SecurityGroup(_RuledGroup):
    token = "aws:ec2/securityGroup:SecurityGroup"
    properties = {
        "name": Property(replaces=True, autoname=AutoName()),
        "description": Property(default="Managed by Pulumi", replaces=True),
        "vpcId": Property(computed=True, replaces=True),
        "ingress": Property(computed=True, unordered=True),
        "egress": Property(computed=True, unordered=True),
        "tags": TAGS,
    }
    emulation = "No packet is filtered."

    def create(self, aws: Aws, inputs: Values) -> str:
        place = {"VpcId": inputs["vpcId"]} if inputs.get("vpcId") else {}
        answer = aws.client("ec2").create_security_group(
            GroupName=inputs["name"],
            Description=inputs["description"],
            TagSpecifications=tag_specifications("security-group", inputs),
            **place,
        )
        return str(answer["GroupId"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        # AWS lets everything out of a new group; the official provider takes that rule away, listed or not.
        self._converge(aws, id, ingress=inputs.get("ingress"), egress=inputs.get("egress", []))

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        group, common = self._read(aws, id, state)
        return {**common, "name": group["GroupName"], "description": group["Description"]}

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._converge(
            aws,
            id,
            ingress=new.get("ingress") if "ingress" in changed else None,
            egress=new.get("egress") if "egress" in changed else None,
        )

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("ec2").delete_security_group(GroupId=id)


@adapter
class DefaultSecurityGroup(_RuledGroup):
    """Takes over the group that every VPC has: its rules become exactly those that the program lists, none by default.
    Deletion leaves the group as it is, since AWS cannot be without it."""

    token = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    properties = {
        "vpcId": Property(required=True, replaces=True),
        # A default, so that a rule which someone adds is drift although the program says nothing of rules.
        "ingress": Property(default=[], unordered=True),
        "egress": Property(default=[], unordered=True),
        "tags": TAGS,
    }
    outputs = ("arn", "description", "name", "ownerId")

    def create(self, aws: Aws, inputs: Values) -> str:
        groups = aws.client("ec2").describe_security_groups(
            Filters=[{"Name": "vpc-id", "Values": [inputs["vpcId"]]}, {"Name": "group-name", "Values": ["default"]}]
        )["SecurityGroups"]
        return str(groups[0]["GroupId"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        self._converge(aws, id, ingress=inputs.get("ingress") or [], egress=inputs.get("egress") or [])
        live = tags.from_records(_group(aws, id).get("Tags"))
        wanted: dict[str, str] = inputs["tagsAll"]
        surplus = [key for key in live if key not in wanted]
        if wanted or surplus:
            self.retag(aws, id, {}, wanted, surplus)

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        group, common = self._read(aws, id, state)
        return {**common, "name": group["GroupName"], "description": group["Description"]}

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._converge(aws, id, ingress=new.get("ingress") or [], egress=new.get("egress") or [])

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        """Nothing: the group stays."""


def _group(aws: Aws, id: str) -> Any:
    return aws.client("ec2").describe_security_groups(GroupIds=[id])["SecurityGroups"][0]
