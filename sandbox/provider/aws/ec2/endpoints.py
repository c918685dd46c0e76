"""VPC endpoints: ways from a VPC to AWS's services that stay inside AWS."""

from __future__ import annotations

from typing import Any

from sandbox.provider.adapter import TAGS, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.ec2.tagged import TaggedEc2Adapter, arn, tag_specifications

# pulumi-aws's list, and the words that AWS's Add and Remove arguments end in.
MEMBERS = {"routeTableIds": "RouteTableIds", "subnetIds": "SubnetIds", "securityGroupIds": "SecurityGroupIds"}


@adapter
class VpcEndpoint(TaggedEc2Adapter):
    token = "aws:ec2/vpcEndpoint:VpcEndpoint"
    not_found = ("InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound")
    properties = {
        "vpcId": Property(required=True, replaces=True),
        "serviceName": Property(required=True, replaces=True),
        "vpcEndpointType": Property(default="Gateway", replaces=True),
        "policy": Property(computed=True, json=True),
        "privateDnsEnabled": Property(computed=True),
        **{name: Property(computed=True, unordered=True) for name in MEMBERS},
        "tags": TAGS,
    }
    outputs = (
        "arn",
        "cidrBlocks",
        "dnsEntries",
        "networkInterfaceIds",
        "ownerId",
        "prefixListId",
        "requesterManaged",
        "state",
    )
    emulation = "No traffic passes; the policy is stored and not enforced."

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("ec2").create_vpc_endpoint(
            VpcId=inputs["vpcId"],
            ServiceName=inputs["serviceName"],
            VpcEndpointType=inputs["vpcEndpointType"],
            TagSpecifications=tag_specifications("vpc-endpoint", inputs),
            **arguments(inputs, {"policy": "PolicyDocument", "privateDnsEnabled": "PrivateDnsEnabled", **MEMBERS}),
        )
        return str(answer["VpcEndpoint"]["VpcEndpointId"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        aws.wait(f"VPC endpoint {id} to be available", lambda: _endpoint(aws, id)["State"].lower() == "available")

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        endpoint = _endpoint(aws, id)
        if endpoint is None or endpoint["State"].lower() in ("deleting", "deleted"):
            return None
        prefix_list = _prefix_list(aws, endpoint)
        return {
            "vpcId": endpoint["VpcId"],
            "serviceName": endpoint["ServiceName"],
            "vpcEndpointType": endpoint["VpcEndpointType"],
            "policy": endpoint.get("PolicyDocument"),
            "privateDnsEnabled": endpoint.get("PrivateDnsEnabled", False),
            "routeTableIds": endpoint.get("RouteTableIds", []),
            "subnetIds": endpoint.get("SubnetIds", []),
            "securityGroupIds": [group["GroupId"] for group in endpoint.get("Groups", ())],
            "tags": tags.from_records(endpoint.get("Tags")),
            "arn": arn(aws, "vpc-endpoint", id),
            "cidrBlocks": prefix_list.get("Cidrs", []),
            "prefixListId": prefix_list.get("PrefixListId"),
            "dnsEntries": [
                {"dnsName": entry.get("DnsName"), "hostedZoneId": entry.get("HostedZoneId")}
                for entry in endpoint.get("DnsEntries", ())
            ],
            "networkInterfaceIds": endpoint.get("NetworkInterfaceIds", []),
            "ownerId": endpoint.get("OwnerId", aws.account_id),
            "requesterManaged": endpoint.get("RequesterManaged", False),
            "state": endpoint["State"].lower(),
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        call: Values = {}
        for name, argument in MEMBERS.items():
            if name in changed:
                before, after = set(old.get(name) or ()), set(new.get(name) or ())
                call |= {f"Add{argument}": sorted(after - before), f"Remove{argument}": sorted(before - after)}
        if "policy" in changed:
            call |= {"PolicyDocument": new["policy"]} if new.get("policy") else {"ResetPolicy": True}
        if "privateDnsEnabled" in changed:
            call["PrivateDnsEnabled"] = bool(new.get("privateDnsEnabled"))
        aws.client("ec2").modify_vpc_endpoint(VpcEndpointId=id, **{key: v for key, v in call.items() if v != []})

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[id])


def _endpoint(aws: Aws, id: str) -> Any:
    endpoints = aws.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[id])["VpcEndpoints"]
    return endpoints[0] if endpoints else None


def _prefix_list(aws: Aws, endpoint: Any) -> Any:
    """The addresses of a gateway endpoint's service; empty for an interface endpoint, which has none."""
    if endpoint["VpcEndpointType"] != "Gateway":
        return {}
    lists = aws.client("ec2").describe_prefix_lists(
        Filters=[{"Name": "prefix-list-name", "Values": [endpoint["ServiceName"]]}]
    )["PrefixLists"]
    return lists[0] if lists else {}
