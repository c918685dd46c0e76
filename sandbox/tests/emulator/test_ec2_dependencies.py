"""Subnets and VPCs of the embedded AWS stay while something is in them, as on AWS."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.emulator.in_process import client
from sandbox.tests.emulator.images import image_id
from sandbox.tests.refusals import aws_refuses

REGION = "eu-west-3"


@pytest.fixture
def network(embedded_aws: None) -> tuple[str, str, str]:
    """A VPC of its own, and a subnet in each of two zones."""
    ec2 = client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    first, second = (
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]
        for number, zone in enumerate("ab")
    )
    return vpc, first["SubnetId"], second["SubnetId"]


def an_interface(subnets: list[str]) -> Callable[[], object]:
    ec2 = client("ec2", REGION)
    made = ec2.create_network_interface(SubnetId=subnets[0])["NetworkInterface"]["NetworkInterfaceId"]
    return lambda: ec2.delete_network_interface(NetworkInterfaceId=made)


def an_instance(subnets: list[str]) -> Callable[[], object]:
    ec2 = client("ec2", REGION)
    image = image_id(ec2)
    [made] = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnets[0])["Instances"]
    return lambda: ec2.terminate_instances(InstanceIds=[made["InstanceId"]])


def a_load_balancer(subnets: list[str]) -> Callable[[], object]:
    elb = client("elbv2", REGION)
    [made] = elb.create_load_balancer(Name="site", Subnets=subnets, Scheme="internal")["LoadBalancers"]
    return lambda: elb.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])


def a_database(subnets: list[str]) -> Callable[[], object]:
    rds = client("rds", REGION)
    rds.create_db_subnet_group(DBSubnetGroupName="private", DBSubnetGroupDescription="Databases", SubnetIds=subnets)
    rds.create_db_instance(
        DBInstanceIdentifier="site",
        DBInstanceClass="db.r8g.large",
        Engine="mysql",
        MasterUsername="magento",
        MasterUserPassword="a-password-of-25-letters",
        AllocatedStorage=20,
        AvailabilityZone=f"{REGION}a",
        DBSubnetGroupName="private",
    )
    return lambda: rds.delete_db_instance(DBInstanceIdentifier="site", SkipFinalSnapshot=True)


def a_cache(subnets: list[str]) -> Callable[[], object]:
    elasticache = client("elasticache", REGION)
    elasticache.create_cache_subnet_group(
        CacheSubnetGroupName="private", CacheSubnetGroupDescription="Caches", SubnetIds=subnets
    )
    elasticache.create_replication_group(
        ReplicationGroupId="site",
        ReplicationGroupDescription="Cache",
        Engine="valkey",
        CacheNodeType="cache.r7g.large",
        CacheSubnetGroupName="private",
    )
    return lambda: elasticache.delete_replication_group(ReplicationGroupId="site")


def a_search_domain(subnets: list[str]) -> Callable[[], object]:
    opensearch = client("opensearch", REGION)
    opensearch.create_domain(
        DomainName="site",
        ClusterConfig={"InstanceType": "r7g.large.search", "InstanceCount": 1},
        EBSOptions={"EBSEnabled": True, "VolumeType": "gp3", "VolumeSize": 20},
        VPCOptions={"SubnetIds": subnets[:1]},
    )
    return lambda: opensearch.delete_domain(DomainName="site")


@pytest.mark.parametrize(
    "make",
    [an_interface, an_instance, a_load_balancer, a_database, a_cache, a_search_domain],
    ids=lambda make: make.__name__,
)
def test_a_subnet_is_kept_while_something_is_in_it(
    network: tuple[str, str, str], make: Callable[[list[str]], Callable[[], object]]
) -> None:
    ec2, (_, *subnets) = client("ec2", REGION), network
    remove = make(subnets)
    with aws_refuses("DependencyViolation", subnets[0]):
        ec2.delete_subnet(SubnetId=subnets[0])
    remove()
    ec2.delete_subnet(SubnetId=subnets[0])


def test_a_vpc_is_kept_while_it_has_a_gateway_or_a_group(network: tuple[str, str, str]) -> None:
    ec2, (vpc, *subnets) = client("ec2", REGION), network
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    group = ec2.create_security_group(GroupName="site", Description="Site", VpcId=vpc)["GroupId"]
    with aws_refuses("DependencyViolation", vpc):
        ec2.delete_vpc(VpcId=vpc)
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    with aws_refuses("DependencyViolation", vpc):
        ec2.delete_vpc(VpcId=vpc)
    ec2.delete_security_group(GroupId=group)
    ec2.delete_vpc(VpcId=vpc)


def test_a_vpc_is_kept_while_it_has_an_endpoint_or_a_network_acl(network: tuple[str, str, str]) -> None:
    ec2, (vpc, *subnets) = client("ec2", REGION), network
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet)
    endpoint = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3")["VpcEndpoint"]
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    with aws_refuses("DependencyViolation", vpc):
        ec2.delete_vpc(VpcId=vpc)
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
    with aws_refuses("DependencyViolation", vpc):
        ec2.delete_vpc(VpcId=vpc)
    ec2.delete_network_acl(NetworkAclId=acl)
    ec2.delete_vpc(VpcId=vpc)
