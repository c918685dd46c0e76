"""``aws.route53.Zone``: a public zone, or one that only some VPCs see."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.provider.adapter import TAGS, Adapter, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Leaf, Shape
from sandbox.provider.aws.route53.records import change_records, wait_in_sync, without_dot
from sandbox.provider.aws.tags import Tagging

BATCH = 100
"""Records in one deletion, far below the API's limit of 1,000 in a change."""


@adapter
class Zone(Adapter):
    """Private if it has VPCs."""

    token = "aws:route53/zone:Zone"
    service = "route53"
    tagging = Tagging(
        service="route53",
        resource="ResourceId",
        more={"ResourceType": "hostedzone"},
        answer=("ResourceTagSet", "Tags"),
        setting="change_tags_for_resource",
        tags="AddTags",
        removing="change_tags_for_resource",
        keys="RemoveTagKeys",
    )
    not_found = ("NoSuchHostedZone",)
    emulation = "records are kept; nothing answers DNS queries"
    properties = {
        "comment": Property(default="Managed by Pulumi"),
        "forceDestroy": Property(default=False, write_only=True),
        "name": Property(required=True, replaces=True),
        "tags": TAGS,
        "vpcs": Property(unordered=True),
    }
    outputs = ("arn", "nameServers", "primaryNameServer", "zoneId")

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return list(_vpc("").unknown_keys(inputs.get("vpcs"), "vpcs"))

    def create(self, aws: Aws, inputs: Values) -> str:
        vpcs = _vpcs_to_aws(aws, inputs)
        answer = aws.client("route53").create_hosted_zone(
            Name=inputs["name"],
            CallerReference=str(uuid.uuid4()),
            HostedZoneConfig={"Comment": inputs["comment"], "PrivateZone": bool(vpcs)},
            **({"VPC": vpcs[0]} if vpcs else {}),
        )
        return str(answer["HostedZone"]["Id"]).rpartition("/")[2]

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        self._see_from(aws, id, _vpcs_to_aws(aws, inputs))
        if inputs["tagsAll"]:
            self.retag(aws, id, {}, inputs["tagsAll"], ())

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        route53 = aws.client("route53")
        answer = route53.get_hosted_zone(Id=id)
        zone = answer["HostedZone"]
        authority = {record["Type"]: record["ResourceRecords"] for record in _own_records(aws, id, zone["Name"])}
        return {
            "comment": zone["Config"].get("Comment", ""),
            "name": without_dot(zone["Name"]),
            "tags": self.tagging.read(aws, id),
            "vpcs": _vpc(aws.region).many_from_aws(answer.get("VPCs", []), state.get("vpcs")),
            "arn": f"arn:{aws.partition}:route53:::hostedzone/{id}",
            "nameServers": sorted(without_dot(record["Value"]) for record in authority.get("NS", [])),
            "primaryNameServer": without_dot(authority["SOA"][0]["Value"].split()[0]) if "SOA" in authority else None,
            "zoneId": id,
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        if "comment" in changed:
            aws.client("route53").update_hosted_zone_comment(Id=id, Comment=new["comment"])
        if "vpcs" in changed:
            self._see_from(aws, id, _vpcs_to_aws(aws, new))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        route53 = aws.client("route53")
        if state.get("forceDestroy"):
            apex = route53.get_hosted_zone(Id=id)["HostedZone"]["Name"]
            own = list(_own_records(aws, id, apex))
            others = [("DELETE", record) for record in _records(aws, id) if record not in own]
            for start in range(0, len(others), BATCH):
                change_records(aws, id, others[start : start + BATCH])
        wait_in_sync(aws, route53.delete_hosted_zone(Id=id)["ChangeInfo"])

    def _see_from(self, aws: Aws, id: str, wanted: Sequence[Mapping[str, str]]) -> None:
        """Associate the zone with exactly these VPCs: new ones first, since a private zone must have one."""
        route53 = aws.client("route53")
        present = route53.get_hosted_zone(Id=id).get("VPCs", [])
        for vpc in wanted:
            if vpc not in present:
                wait_in_sync(aws, route53.associate_vpc_with_hosted_zone(HostedZoneId=id, VPC=vpc)["ChangeInfo"])
        for vpc in present:
            if vpc not in wanted:
                wait_in_sync(aws, route53.disassociate_vpc_from_hosted_zone(HostedZoneId=id, VPC=vpc)["ChangeInfo"])


def _vpc(region: str) -> Shape:
    """A VPC, by default in the provider's region."""
    return Shape({"vpcId": "VPCId", "vpcRegion": Leaf("VPCRegion", default=region)})


def _vpcs_to_aws(aws: Aws, inputs: Values) -> list[Values]:
    return [_vpc(aws.region).to_aws({"vpcRegion": aws.region, **vpc}) for vpc in inputs.get("vpcs") or ()]


def _records(aws: Aws, id: str) -> Iterator[Mapping[str, Any]]:
    for page in aws.client("route53").get_paginator("list_resource_record_sets").paginate(HostedZoneId=id):
        yield from page["ResourceRecordSets"]


def _own_records(aws: Aws, id: str, apex: str) -> Iterator[Mapping[str, Any]]:
    """The two records that Route 53 makes with the zone and keeps: its name servers and its authority."""
    for record in _records(aws, id):
        if record["Type"] in {"NS", "SOA"} and without_dot(record["Name"]) == without_dot(apex):
            yield record
