"""Reading a network from AWS's API: what the platform itself has none of, made by boto3 in an embedded AWS."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from commands.aws_api import AwsApi
from reachability.inventory import Direction, Inventory
from reachability.places import places
from reachability.reach import Reach
from reachability.reading import NoSuchNetworkError, read
from sandbox.tests.emulator.aws_process import REGION, EmbeddedAws

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]


@pytest.fixture
def api(aws_of_this_process: EmbeddedAws) -> AwsApi:
    return AwsApi(REGION)


@pytest.fixture
def ec2(aws: EmbeddedAws) -> Any:
    return aws.client("ec2")


def named(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}, {"Key": "Client", "Value": "acme"}]}]


@pytest.fixture
def vpc(ec2: Any) -> str:
    """A network with IPv6, named ``acme-net``."""
    made = ec2.create_vpc(
        CidrBlock="10.20.0.0/16", AmazonProvidedIpv6CidrBlock=True, TagSpecifications=named("vpc", "acme-net")
    )
    return str(made["Vpc"]["VpcId"])


def a_subnet(ec2: Any, vpc: str, number: int) -> str:
    made = ec2.create_subnet(
        VpcId=vpc, CidrBlock=f"10.20.{number}.0/24", TagSpecifications=named("subnet", f"acme-{number}")
    )
    return str(made["Subnet"]["SubnetId"])


def a_group(ec2: Any, vpc: str, name: str, *permissions: dict[str, Any]) -> str:
    id = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    if permissions:
        ec2.authorize_security_group_ingress(GroupId=id, IpPermissions=list(permissions))
    return str(id)


def a_server(ec2: Any, subnet: str, group: str, name: str) -> str:
    [image] = ec2.describe_images(Owners=["amazon"], MaxResults=5)["Images"][:1]
    made = ec2.run_instances(
        ImageId=image["ImageId"],
        InstanceType="t4g.small" if image["Architecture"] == "arm64" else "t3.small",
        MinCount=1,
        MaxCount=1,
        NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnet, "Groups": [group]}],
        TagSpecifications=named("instance", name),
    )
    return str(made["Instances"][0]["InstanceId"])


def reached(known: Inventory, source: str, target: str) -> str:
    by_name = {place.name: place for place in places(known)}
    return str(Reach(known).between(by_name[source], by_name[target])[0])


def port(number: int, **source: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": number, "ToPort": number, **source}


def test_the_network_is_chosen_by_id_tag_or_being_the_only_one(api: AwsApi, ec2: Any, vpc: str) -> None:
    """Default VPCs do not count. With two VPCs an option is needed, and the message lists them."""
    assert read(api).vpc_id == vpc
    other = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    assert read(api, client="acme").vpc_id == vpc
    assert read(api, vpc_id=other).vpc_id == other
    with pytest.raises(NoSuchNetworkError, match=rf"{vpc} \(acme-net\)"):
        read(api)
    default = next(each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"] if each["IsDefault"])
    with pytest.raises(NoSuchNetworkError, match=f"0 VPCs for --vpc {default}"):
        read(api, vpc_id=default)


def test_both_versions_of_ip_are_read(api: AwsApi, ec2: Any, vpc: str) -> None:
    """The network's blocks, the subnet's and a rule's."""
    subnet = a_subnet(ec2, vpc, 1)
    [block] = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"]
    part = next(ip_network(block["Ipv6CidrBlock"]).subnets(new_prefix=64))
    ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=str(part))
    [associated] = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["Ipv6CidrBlockAssociationSet"]
    assert associated["Ipv6CidrBlockState"] == {"State": "associated"}
    group = a_group(ec2, vpc, "web", port(443, Ipv6Ranges=[{"CidrIpv6": "::/0"}]))
    known = read(api)
    assert known.networks == (ip_network("10.20.0.0/16"), ip_network(block["Ipv6CidrBlock"]))
    assert known.subnets[subnet].networks == (ip_network("10.20.1.0/24"), part)
    [rule] = [each for each in known.security_groups[group].rules if each.direction is Direction.IN]
    assert rule.networks == (ip_network("::/0"),)


def test_a_prefix_list_lets_its_entries_in(api: AwsApi, ec2: Any, vpc: str) -> None:
    """In a rule, by its own name; and a subnet's own table leads to the internet, where the main one does not."""
    listed = ec2.create_managed_prefix_list(
        PrefixListName="offices", MaxEntries=2, AddressFamily="IPv4", Entries=[{"Cidr": "192.0.2.0/28"}]
    )["PrefixList"]["PrefixListId"]
    group = a_group(ec2, vpc, "web", port(22, PrefixListIds=[{"PrefixListId": listed}]))
    public, private = a_subnet(ec2, vpc, 1), a_subnet(ec2, vpc, 2)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    for subnet, name in ((public, "acme-front"), (private, "acme-inner")):
        instance = a_server(ec2, subnet, group, name)
        allocated = ec2.allocate_address(Domain="vpc")["AllocationId"]
        ec2.associate_address(AllocationId=allocated, InstanceId=instance)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=public)
    known = read(api)
    assert reached(known, "offices", "front") == "tcp 22"
    assert reached(known, "offices", "inner") == "nothing"
    assert reached(known, "internet", "front") == "nothing"


def test_a_network_acl_of_a_subnet_replaces_the_default_one(api: AwsApi, ec2: Any, vpc: str) -> None:
    """Its entries with their ports; a subnet without its own network ACL uses the VPC's."""
    one, other = a_subnet(ec2, vpc, 1), a_subnet(ec2, vpc, 2)
    group = a_group(ec2, vpc, "all", {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.20.0.0/16"}]})
    a_server(ec2, one, group, "acme-one")
    a_server(ec2, other, group, "acme-other")
    assert reached(read(api), "one", "other") == "all"
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    line = {"NetworkAclId": acl, "RuleAction": "allow", "CidrBlock": "10.20.0.0/16"}
    ec2.create_network_acl_entry(**line, RuleNumber=100, Egress=False, Protocol="6", PortRange={"From": 20, "To": 25})
    ec2.create_network_acl_entry(**line, RuleNumber=100, Egress=True, Protocol="-1")
    mine = [{"Name": "association.subnet-id", "Values": [other]}]
    [default] = ec2.describe_network_acls(Filters=mine)["NetworkAcls"]
    [held] = [each for each in default["Associations"] if each["SubnetId"] == other]
    ec2.replace_network_acl_association(AssociationId=held["NetworkAclAssociationId"], NetworkAclId=acl)
    assert reached(read(api), "one", "other") == "tcp 20-25"


def test_a_peering_is_a_place_where_a_route_leads_to_it(api: AwsApi, ec2: Any, vpc: str) -> None:
    """With its Name tag; without the route nothing comes from there."""
    peer = ec2.create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
    peering = ec2.create_vpc_peering_connection(
        VpcId=vpc, PeerVpcId=peer, TagSpecifications=named("vpc-peering-connection", "partner")
    )["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    group = a_group(ec2, vpc, "web", port(80, IpRanges=[{"CidrIp": "10.40.0.0/16"}]))
    a_server(ec2, a_subnet(ec2, vpc, 1), group, "acme-web")
    assert "partner" not in {place.name for place in places(read(api, vpc_id=vpc))}
    [main] = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    ec2.create_route(
        RouteTableId=main["RouteTableId"], DestinationCidrBlock="10.40.0.0/16", VpcPeeringConnectionId=peering
    )
    assert reached(read(api, vpc_id=vpc), "partner", "web") == "tcp 80"


def test_a_terminated_server_is_no_place_and_a_stopped_one_is(api: AwsApi, ec2: Any, vpc: str) -> None:
    """A stopped server keeps its address and can be started again."""
    group = a_group(ec2, vpc, "web")
    subnet = a_subnet(ec2, vpc, 1)
    kept, gone = (a_server(ec2, subnet, group, name) for name in ("acme-kept", "acme-gone"))
    ec2.stop_instances(InstanceIds=[kept])
    ec2.terminate_instances(InstanceIds=[gone])
    assert [place.name for place in places(read(api)) if not place.is_outside] == ["kept"]
