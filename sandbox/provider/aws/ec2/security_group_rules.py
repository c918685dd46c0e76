"""Single rules of security groups (``aws.vpc.SecurityGroupIngressRule`` and ``SecurityGroupEgressRule``)."""

from __future__ import annotations

from typing import Any, ClassVar

from sandbox.provider.adapter import TAGS, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.ec2.permissions import ANY_PROTOCOL
from sandbox.provider.aws.ec2.tagged import TaggedEc2Adapter, arn, tag_specifications

# pulumi-aws's name of each kind of source, the list of an IpPermission that it goes in, and the field there.
SOURCES = {
    "cidrIpv4": ("IpRanges", "CidrIp"),
    "cidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "prefixListId": ("PrefixListIds", "PrefixListId"),
    "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
}


class _Rule(TaggedEc2Adapter):
    """One protocol and port range for one source."""

    direction: ClassVar[str]
    """``ingress`` or ``egress``."""
    not_found = ("InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound", "InvalidGroup.NotFound")
    properties = {
        "securityGroupId": Property(required=True, replaces=True),
        "ipProtocol": Property(required=True),
        "fromPort": Property(),
        "toPort": Property(),
        # AWS lets a source be changed only for another of its kind, which the declaration cannot tell apart.
        **{name: Property(replaces=True) for name in SOURCES},
        "description": Property(),
        "tags": TAGS,
    }
    outputs = ("arn", "securityGroupRuleId")

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        if sum(name in inputs for name in SOURCES) > 1:
            return [("cidrIpv4", f"got several sources, expected one of {', '.join(SOURCES)}")]
        return []

    def create(self, aws: Aws, inputs: Values) -> str:
        authorize = getattr(aws.client("ec2"), f"authorize_security_group_{self.direction}")
        rules = authorize(
            GroupId=inputs["securityGroupId"],
            IpPermissions=[_permission(inputs)],
            TagSpecifications=tag_specifications("security-group-rule", inputs),
        )["SecurityGroupRules"]
        return str(rules[0]["SecurityGroupRuleId"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        rule = _rule(aws, id)
        if rule is None or rule["IsEgress"] != (self.direction == "egress"):
            return None
        all_protocols = rule["IpProtocol"] == ANY_PROTOCOL
        return {
            "securityGroupId": rule["GroupId"],
            "ipProtocol": rule["IpProtocol"],
            # With every protocol AWS answers -1 for both ports, and a program leaves them out.
            "fromPort": None if all_protocols else rule.get("FromPort"),
            "toPort": None if all_protocols else rule.get("ToPort"),
            "cidrIpv4": rule.get("CidrIpv4"),
            "cidrIpv6": rule.get("CidrIpv6"),
            "prefixListId": rule.get("PrefixListId"),
            "referencedSecurityGroupId": rule.get("ReferencedGroupInfo", {}).get("GroupId"),
            "description": rule.get("Description"),
            "tags": tags.from_records(rule.get("Tags")),
            "arn": arn(aws, "security-group-rule", id),
            "securityGroupRuleId": id,
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        aws.client("ec2").modify_security_group_rules(
            GroupId=new["securityGroupId"],
            SecurityGroupRules=[
                {
                    "SecurityGroupRuleId": id,
                    "SecurityGroupRule": arguments(
                        {"fromPort": -1, "toPort": -1, **new},
                        {
                            "ipProtocol": "IpProtocol",
                            "fromPort": "FromPort",
                            "toPort": "ToPort",
                            "cidrIpv4": "CidrIpv4",
                            "cidrIpv6": "CidrIpv6",
                            "prefixListId": "PrefixListId",
                            "referencedSecurityGroupId": "ReferencedGroupId",
                            "description": "Description",
                        },
                    ),
                }
            ],
        )

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        rule = _rule(aws, id)
        if rule is not None:
            revoke = getattr(aws.client("ec2"), f"revoke_security_group_{self.direction}")
            revoke(GroupId=rule["GroupId"], SecurityGroupRuleIds=[id])


@adapter
class SecurityGroupIngressRule(_Rule):
    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    direction = "ingress"


@adapter
class SecurityGroupEgressRule(_Rule):
    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    direction = "egress"


def _rule(aws: Aws, id: str) -> Any:
    rules = aws.client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[id])["SecurityGroupRules"]
    return rules[0] if rules else None


def _permission(inputs: Values) -> Values:
    kind = next(name for name in SOURCES if inputs.get(name))
    records, field = SOURCES[kind]
    source = {field: inputs[kind], **arguments(inputs, {"description": "Description"})}
    ports = arguments(inputs, {"fromPort": "FromPort", "toPort": "ToPort"})
    return {"IpProtocol": inputs["ipProtocol"], **ports, records: [source]}
