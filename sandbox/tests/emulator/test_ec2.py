"""EC2 of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from sandbox.emulator.in_process import client
from sandbox.tests.emulator.images import image_id
from sandbox.tests.refusals import aws_refuses

REGION = "eu-west-3"


@pytest.fixture
def vpc(ec2: Any) -> str:
    id_: str = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return id_


@pytest.fixture
def subnet(ec2: Any, vpc: str) -> str:
    id_: str = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    return id_


@pytest.fixture
def group(ec2: Any, vpc: str) -> str:
    return create_group(ec2, vpc, "web")


def create_group(ec2: Any, vpc: str, name: str) -> str:
    id_: str = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    return id_


# VPN


@pytest.fixture
def gateway(ec2: Any, vpc: str) -> str:
    """A virtual private gateway that is attached to the VPC."""
    id_: str = ec2.create_vpn_gateway(Type="ipsec.1", AmazonSideAsn=64999)["VpnGateway"]["VpnGatewayId"]
    ec2.attach_vpn_gateway(VpcId=vpc, VpnGatewayId=id_)
    return id_


def connect(ec2: Any, gateway: str, **options: Any) -> dict[str, Any]:
    customer = ec2.create_customer_gateway(BgpAsn=65010, IpAddress="198.51.100.7", Type="ipsec.1")["CustomerGateway"]
    connection: dict[str, Any] = ec2.create_vpn_connection(
        CustomerGatewayId=customer["CustomerGatewayId"], VpnGatewayId=gateway, Type="ipsec.1", Options=options
    )["VpnConnection"]
    return connection


def describe(ec2: Any, connection: dict[str, Any]) -> dict[str, Any]:
    id_ = connection["VpnConnectionId"]
    [found] = ec2.describe_vpn_connections(VpnConnectionIds=[id_])["VpnConnections"]
    described: dict[str, Any] = found
    return described


def test_vpn_options_read_back(ec2: Any, gateway: str) -> None:
    connection = connect(
        ec2,
        gateway,
        StaticRoutesOnly=True,
        RemoteIpv4NetworkCidr="10.0.0.0/16",
        TunnelOptions=[
            {
                "TunnelInsideCidr": "169.254.44.0/30",
                "PreSharedKey": "chosen_by_the_test",
                "IKEVersions": [{"Value": "ikev2"}],
                "DPDTimeoutSeconds": 40,
                "Phase1DHGroupNumbers": [{"Value": 20}],
            },
            {"StartupAction": "start"},
        ],
    )
    options = describe(ec2, connection)["Options"]
    assert options["StaticRoutesOnly"] is True
    assert (options["LocalIpv4NetworkCidr"], options["RemoteIpv4NetworkCidr"]) == ("0.0.0.0/0", "10.0.0.0/16")
    first, second = options["TunnelOptions"]
    assert (first["TunnelInsideCidr"], first["PreSharedKey"]) == ("169.254.44.0/30", "chosen_by_the_test")
    assert (first["IkeVersions"], first["Phase1DHGroupNumbers"]) == ([{"Value": "ikev2"}], [{"Value": 20}])
    assert first["DpdTimeoutSeconds"] == 40
    assert second["StartupAction"] == "start"


def test_a_device_has_one_customer_gateway_which_stays_while_it_is_in_use(ec2: Any, gateway: str) -> None:
    """AWS answers an identical request with the gateway that is there."""
    connection = connect(ec2, gateway)
    device = {"BgpAsn": 65010, "IpAddress": "198.51.100.7", "Type": "ipsec.1"}
    again = ec2.create_customer_gateway(**device)["CustomerGateway"]["CustomerGatewayId"]
    assert again == connection["CustomerGatewayId"]
    with aws_refuses("IncorrectState", "in use"):
        ec2.delete_customer_gateway(CustomerGatewayId=again)
    ec2.delete_vpn_connection(VpnConnectionId=connection["VpnConnectionId"])
    ec2.delete_customer_gateway(CustomerGatewayId=again)
    assert ec2.create_customer_gateway(**device)["CustomerGateway"]["CustomerGatewayId"] != again


def test_vpn_tunnels_have_addresses_and_keys_of_their_own(ec2: Any, gateway: str) -> None:
    first, second = connect(ec2, gateway)["Options"]["TunnelOptions"]
    for member in ("OutsideIpAddress", "PreSharedKey"):
        assert first[member] != second[member]
    assert 8 <= len(first["PreSharedKey"]) <= 64


@pytest.mark.parametrize("static", [True, False])
def test_vpn_configuration_is_that_of_the_connection(ec2: Any, gateway: str, static: bool) -> None:
    """Both tunnels' addresses and keys; AS numbers only where routes are exchanged by BGP."""
    connection = connect(ec2, gateway, StaticRoutesOnly=static)
    document = ElementTree.fromstring(describe(ec2, connection)["CustomerGatewayConfiguration"])
    assert document.get("id") == connection["VpnConnectionId"]
    tunnels = document.findall("ipsec_tunnel")
    for tunnel, options in zip(tunnels, connection["Options"]["TunnelOptions"], strict=True):
        assert tunnel.findtext("vpn_gateway/tunnel_outside_address/ip_address") == options["OutsideIpAddress"]
        assert tunnel.findtext("customer_gateway/tunnel_outside_address/ip_address") == "198.51.100.7"
        assert tunnel.findtext("ike/pre_shared_key") == options["PreSharedKey"]
        assert tunnel.findtext("vpn_gateway/bgp/asn") == (None if static else "64999")
        assert tunnel.findtext("customer_gateway/bgp/asn") == (None if static else "65010")


def test_vpn_static_routes_come_and_go(ec2: Any, gateway: str) -> None:
    connection = connect(ec2, gateway, StaticRoutesOnly=True)
    route = {"VpnConnectionId": connection["VpnConnectionId"], "DestinationCidrBlock": "192.0.2.0/24"}
    ec2.create_vpn_connection_route(**route)
    [described] = describe(ec2, connection)["Routes"]
    assert (described["DestinationCidrBlock"], described["State"]) == ("192.0.2.0/24", "available")
    by_route = ec2.describe_vpn_connections(
        Filters=[{"Name": "route.destination-cidr-block", "Values": ["192.0.2.0/24"]}]
    )
    assert [found["VpnConnectionId"] for found in by_route["VpnConnections"]] == [connection["VpnConnectionId"]]
    ec2.delete_vpn_connection_route(**route)
    assert describe(ec2, connection)["Routes"] == []
    with aws_refuses("InvalidRoute.NotFound"):
        ec2.delete_vpn_connection_route(**route)


def test_both_tunnels_of_a_vpn_are_down(ec2: Any, gateway: str) -> None:
    telemetry = describe(ec2, connect(ec2, gateway))["VgwTelemetry"]
    assert [tunnel["Status"] for tunnel in telemetry] == ["DOWN", "DOWN"]


def test_vpn_modifications_read_back(ec2: Any, gateway: str) -> None:
    connection = connect(ec2, gateway)
    id_ = {"VpnConnectionId": connection["VpnConnectionId"]}
    second = connection["Options"]["TunnelOptions"][1]["OutsideIpAddress"]
    other = ec2.create_customer_gateway(BgpAsn=65011, IpAddress="203.0.113.9", Type="ipsec.1")["CustomerGateway"]
    ec2.modify_vpn_connection(**id_, CustomerGatewayId=other["CustomerGatewayId"])
    ec2.modify_vpn_connection_options(**id_, LocalIpv4NetworkCidr="192.0.2.0/24")
    ec2.modify_vpn_tunnel_options(
        **id_, VpnTunnelOutsideIpAddress=second, TunnelOptions={"DPDTimeoutAction": "restart"}
    )
    modified = describe(ec2, connection)
    assert modified["CustomerGatewayId"] == other["CustomerGatewayId"]
    assert modified["Options"]["LocalIpv4NetworkCidr"] == "192.0.2.0/24"
    actions = [tunnel.get("DpdTimeoutAction") for tunnel in modified["Options"]["TunnelOptions"]]
    assert actions == [None, "restart"]
    assert "203.0.113.9" in modified["CustomerGatewayConfiguration"]


def test_route_propagation_reads_back(ec2: Any, vpc: str, gateway: str) -> None:
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    propagation = {"RouteTableId": table, "GatewayId": gateway}
    ec2.enable_vgw_route_propagation(**propagation)
    ec2.enable_vgw_route_propagation(**propagation)
    [described] = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert described["PropagatingVgws"] == [{"GatewayId": gateway}]
    ec2.disable_vgw_route_propagation(**propagation)
    [described] = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert described["PropagatingVgws"] == []


def test_route_propagation_needs_an_attached_gateway(ec2: Any, vpc: str) -> None:
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    loose = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    with aws_refuses("Gateway.NotAttached"):
        ec2.enable_vgw_route_propagation(RouteTableId=table, GatewayId=loose)


# Security groups


def permission(**source: Any) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, **source}]


def rules_of(ec2: Any, group: str, *, egress: bool = False) -> list[dict[str, Any]]:
    answer = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    return [rule for rule in answer["SecurityGroupRules"] if rule["IsEgress"] is egress]


def prefix_list(ec2: Any) -> str:
    answer = ec2.create_managed_prefix_list(PrefixListName="office", MaxEntries=1, AddressFamily="IPv4")
    id_: str = answer["PrefixList"]["PrefixListId"]
    return id_


def test_rules_are_found_by_their_ids(ec2: Any, vpc: str, group: str) -> None:
    """In no order of the client's, as those of a group are; and one without ports has -1."""
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permission(IpRanges=[{"CidrIp": "192.0.2.0/24"}]))
    every = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": create_group(ec2, vpc, "database")}]}]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=every)
    rules = rules_of(ec2, group)
    assert [(rule["FromPort"], rule["ToPort"]) for rule in rules] == [(3306, 3306), (-1, -1)]
    ids = [rule["SecurityGroupRuleId"] for rule in rules]
    assert ec2.describe_security_group_rules(SecurityGroupRuleIds=ids[::-1])["SecurityGroupRules"] == rules
    with aws_refuses("InvalidSecurityGroupRuleId.NotFound"):
        ec2.describe_security_group_rules(SecurityGroupRuleIds=[ids[0], "sgr-0123456789abcdef0"])


def test_rules_of_every_kind_have_their_description(ec2: Any, vpc: str, group: str) -> None:
    other = create_group(ec2, vpc, "database")
    sources: list[dict[str, Any]] = [
        {"IpRanges": [{"CidrIp": "192.0.2.0/24", "Description": "range"}]},
        {"UserIdGroupPairs": [{"GroupId": other, "Description": "group"}]},
        {"PrefixListIds": [{"PrefixListId": prefix_list(ec2), "Description": "list"}]},
    ]
    for source in sources:
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permission(**source))
    assert [rule["Description"] for rule in rules_of(ec2, group)] == ["range", "group", "list"]
    [described] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    [merged] = described["IpPermissions"]
    assert merged["PrefixListIds"][0]["Description"] == "list"


def test_a_rule_is_the_same_whatever_its_description(ec2: Any, vpc: str, group: str) -> None:
    """It cannot be made twice, and is revoked without naming the description."""
    other = create_group(ec2, vpc, "database")
    described = permission(UserIdGroupPairs=[{"GroupId": other, "Description": "first"}])
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=described)
    again = permission(UserIdGroupPairs=[{"GroupId": other, "Description": "second"}])
    with aws_refuses("InvalidPermission.Duplicate"):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=again)
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=permission(UserIdGroupPairs=[{"GroupId": other}]))
    assert rules_of(ec2, group) == []


def test_a_changed_rule_keeps_its_id_and_nothing_of_its_old_source(ec2: Any, vpc: str, group: str) -> None:
    other = create_group(ec2, vpc, "database")
    authorized = ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=permission(UserIdGroupPairs=[{"GroupId": other, "Description": "first"}])
    )
    id_ = authorized["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    wanted = {"IpProtocol": "-1", "PrefixListId": prefix_list(ec2), "Description": "second"}
    ec2.modify_security_group_rules(
        GroupId=group, SecurityGroupRules=[{"SecurityGroupRuleId": id_, "SecurityGroupRule": wanted}]
    )
    [rule] = rules_of(ec2, group)
    assert (rule["SecurityGroupRuleId"], rule["IpProtocol"], rule["Description"]) == (id_, "-1", "second")
    assert rule["PrefixListId"] == wanted["PrefixListId"]
    assert "ReferencedGroupInfo" not in rule


def test_a_rules_source_keeps_its_address_family(ec2: Any, group: str) -> None:
    authorized = ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=permission(IpRanges=[{"CidrIp": "192.0.2.0/24"}])
    )
    id_ = authorized["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    wanted = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIpv6": "2001:db8::/32"}
    with aws_refuses("InvalidParameterValue"):
        ec2.modify_security_group_rules(
            GroupId=group, SecurityGroupRules=[{"SecurityGroupRuleId": id_, "SecurityGroupRule": wanted}]
        )


def test_updating_one_description_leaves_the_others(ec2: Any, vpc: str, group: str) -> None:
    first, second = create_group(ec2, vpc, "first"), create_group(ec2, vpc, "second")
    for other in (first, second):
        ec2.authorize_security_group_ingress(
            GroupId=group, IpPermissions=permission(UserIdGroupPairs=[{"GroupId": other, "Description": "old"}])
        )
    ec2.update_security_group_rule_descriptions_ingress(
        GroupId=group, IpPermissions=permission(UserIdGroupPairs=[{"GroupId": second, "Description": "new"}])
    )
    descriptions = {r["ReferencedGroupInfo"]["GroupId"]: r["Description"] for r in rules_of(ec2, group)}
    assert descriptions == {first: "old", second: "new"}


def test_the_default_group_lets_its_members_in_until_that_is_revoked(ec2: Any, vpc: str) -> None:
    own = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    [default] = ec2.describe_security_groups(Filters=own)["SecurityGroups"]
    assert [pair["GroupId"] for pair in default["IpPermissions"][0]["UserIdGroupPairs"]] == [default["GroupId"]]
    ec2.revoke_security_group_ingress(GroupId=default["GroupId"], IpPermissions=default["IpPermissions"])
    ec2.revoke_security_group_egress(GroupId=default["GroupId"], IpPermissions=default["IpPermissionsEgress"])
    [default] = ec2.describe_security_groups(Filters=own)["SecurityGroups"]
    assert default["IpPermissions"] == default["IpPermissionsEgress"] == []
    with aws_refuses("CannotDelete"):
        ec2.delete_security_group(GroupId=default["GroupId"])


def test_a_group_that_another_names_is_not_deleted(ec2: Any, vpc: str, group: str) -> None:
    other = create_group(ec2, vpc, "database")
    rule = permission(UserIdGroupPairs=[{"GroupId": group}])
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=rule)
    with aws_refuses("DependencyViolation"):
        ec2.delete_security_group(GroupId=group)
    ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=rule)
    ec2.delete_security_group(GroupId=group)


# Instances


def launch(ec2: Any, subnet: str, group: str) -> dict[str, Any]:
    image = image_id(ec2)
    interface = {"DeviceIndex": 0, "SubnetId": subnet, "Groups": [group], "AssociatePublicIpAddress": True}
    instance: dict[str, Any] = ec2.run_instances(
        ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.small", NetworkInterfaces=[interface]
    )["Instances"][0]
    return instance


def groups_of(ec2: Any, instance: dict[str, Any]) -> list[str]:
    [reservation] = ec2.describe_instances(InstanceIds=[instance["InstanceId"]])["Reservations"]
    return [group["GroupId"] for group in reservation["Instances"][0]["SecurityGroups"]]


def test_an_instance_has_the_groups_of_its_interface_and_keeps_them(ec2: Any, subnet: str, group: str) -> None:
    """A change of another attribute does not take them away."""
    instance = launch(ec2, subnet, group)
    assert groups_of(ec2, instance) == [group]
    ec2.modify_instance_attribute(
        InstanceId=instance["InstanceId"], InstanceInitiatedShutdownBehavior={"Value": "terminate"}
    )
    assert groups_of(ec2, instance) == [group]
    attribute = ec2.describe_instance_attribute(
        InstanceId=instance["InstanceId"], Attribute="instanceInitiatedShutdownBehavior"
    )
    assert attribute["InstanceInitiatedShutdownBehavior"]["Value"] == "terminate"


def test_the_group_of_a_terminated_instance_can_be_deleted(ec2: Any, subnet: str, group: str) -> None:
    instance = launch(ec2, subnet, group)
    with aws_refuses("DependencyViolation"):
        ec2.delete_security_group(GroupId=group)
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    ec2.delete_security_group(GroupId=group)


def test_monitoring_reads_back(ec2: Any, subnet: str, group: str) -> None:
    id_ = launch(ec2, subnet, group)["InstanceId"]
    [answer] = ec2.monitor_instances(InstanceIds=[id_])["InstanceMonitorings"]
    assert answer["Monitoring"]["State"] == "enabled"
    [reservation] = ec2.describe_instances(InstanceIds=[id_])["Reservations"]
    assert reservation["Instances"][0]["Monitoring"]["State"] == "enabled"


# Network


def test_flow_log_to_a_prefix_of_a_bucket_keeps_its_options(ec2: Any, vpc: str) -> None:
    client("s3", REGION).create_bucket(
        Bucket="client-flow-logs", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    options = {"FileFormat": "parquet", "HiveCompatiblePartitions": True, "PerHourPartition": True}
    destination = "arn:aws:s3:::client-flow-logs/network/"
    created = ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="REJECT",
        LogDestinationType="s3",
        LogDestination=destination,
        DestinationOptions=options,
    )
    [flow_log] = ec2.describe_flow_logs(FlowLogIds=created["FlowLogIds"])["FlowLogs"]
    assert (flow_log["LogDestination"], flow_log["DestinationOptions"]) == (destination, options)


def test_flow_log_to_a_log_group_by_arn_is_delivered(ec2: Any, vpc: str) -> None:
    client("logs", REGION).create_log_group(logGroupName="/client/flow")
    created = ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestination=f"arn:aws:logs:{REGION}:123456789012:log-group:/client/flow",
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flow-logs",
        TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "System", "Value": "network"}]}],
    )
    [flow_log] = ec2.describe_flow_logs(FlowLogIds=created["FlowLogIds"])["FlowLogs"]
    assert (flow_log["DeliverLogsStatus"], flow_log["LogGroupName"]) == ("SUCCESS", "/client/flow")
    assert flow_log["Tags"] == [{"Key": "System", "Value": "network"}]


@pytest.fixture
def internet(ec2: Any, vpc: str) -> str:
    """The internet gateway of the VPC."""
    id_: str = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=id_, VpcId=vpc)
    return id_


def test_a_public_nat_gateway_fails_without_an_internet_gateway(ec2: Any, vpc: str, subnet: str) -> None:
    """It is made, and says later why it failed. It never holds the address."""
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    [gateway] = ec2.describe_nat_gateways()["NatGateways"]
    assert (gateway["State"], gateway["FailureCode"]) == ("failed", "Gateway.NotAttached")
    assert gateway["FailureMessage"] == f"Network {vpc} has no Internet gateway attached"
    assert "AssociationId" not in ec2.describe_addresses(AllocationIds=[address])["Addresses"][0]


def test_a_public_address_needs_an_internet_gateway(ec2: Any, vpc: str, subnet: str) -> None:
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    with aws_refuses("Gateway.NotAttached", f"Network {vpc} is not attached to any internet gateway"):
        ec2.associate_address(AllocationId=address, NetworkInterfaceId=interface)


@pytest.mark.usefixtures("internet")
def test_an_address_names_the_instance_of_its_interface(ec2: Any, subnet: str) -> None:
    """Whether it was associated with the instance or with the interface."""
    image = image_id(ec2)
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(AllocationId=address, NetworkInterfaceId=interface)
    assert ec2.describe_addresses(AllocationIds=[address])["Addresses"][0].get("InstanceId", "") == ""
    [instance] = ec2.run_instances(
        ImageId=image,
        MinCount=1,
        MaxCount=1,
        NetworkInterfaces=[{"DeviceIndex": 0, "NetworkInterfaceId": interface}],
    )["Instances"]
    assert ec2.describe_addresses(AllocationIds=[address])["Addresses"][0]["InstanceId"] == instance["InstanceId"]


def test_snapshots_of_the_account_are_not_those_of_amazons_images(ec2: Any) -> None:
    assert ec2.describe_snapshots()["Snapshots"]
    assert ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]
    made = ec2.create_snapshot(VolumeId=volume)
    for owner in ("self", made["OwnerId"]):
        [found] = ec2.describe_snapshots(OwnerIds=[owner])["Snapshots"]
        assert found["SnapshotId"] == made["SnapshotId"]


def test_an_internet_gateway_stays_while_public_addresses_are_in_use(
    ec2: Any, vpc: str, subnet: str, internet: str
) -> None:
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    with aws_refuses("DependencyViolation", "mapped public address"):
        ec2.detach_internet_gateway(InternetGatewayId=internet, VpcId=vpc)
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    ec2.detach_internet_gateway(InternetGatewayId=internet, VpcId=vpc)


@pytest.mark.usefixtures("internet")
def test_a_deleted_nat_gateway_lets_go_of_its_address_and_subnet(ec2: Any, subnet: str) -> None:
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    [described] = ec2.describe_addresses(AllocationIds=[address])["Addresses"]
    assert "AssociationId" not in described
    in_subnet = [{"Name": "subnet-id", "Values": [subnet]}]
    assert ec2.describe_network_interfaces(Filters=in_subnet)["NetworkInterfaces"] == []


def test_a_gateway_endpoint_has_no_private_dns(ec2: Any, vpc: str) -> None:
    endpoint = ec2.create_vpc_endpoint(
        VpcEndpointType="Gateway", VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", RouteTableIds=[]
    )["VpcEndpoint"]
    assert endpoint["PrivateDnsEnabled"] is False


def test_dhcp_options_keep_their_tags(ec2: Any) -> None:
    tags = [{"Key": "System", "Value": "network"}]
    created = ec2.create_dhcp_options(
        DhcpConfigurations=[{"Key": "domain-name", "Values": ["internal-client.url"]}],
        TagSpecifications=[{"ResourceType": "dhcp-options", "Tags": tags}],
    )["DhcpOptions"]
    [described] = ec2.describe_dhcp_options(DhcpOptionsIds=[created["DhcpOptionsId"]])["DhcpOptions"]
    assert described["Tags"] == tags


@pytest.mark.usefixtures("internet")
def test_a_nat_gateway_is_public_unless_asked_otherwise(ec2: Any, subnet: str) -> None:
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    (gateway,) = ec2.describe_nat_gateways()["NatGateways"]
    assert gateway["ConnectivityType"] == "public"


def test_a_deleted_nat_gateway_is_not_deleted_again(ec2: Any, subnet: str) -> None:
    gateway = ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    with aws_refuses("NatGatewayNotFound"):
        ec2.delete_nat_gateway(NatGatewayId=gateway)


def test_a_vpc_is_deleted_with_its_default_group(ec2: Any, vpc: str) -> None:
    ec2.delete_vpc(VpcId=vpc)
    own = [{"Name": "vpc-id", "Values": [vpc]}]
    assert ec2.describe_security_groups(Filters=own)["SecurityGroups"] == []


def test_a_subnet_placed_by_its_zones_id_gives_no_public_addresses(ec2: Any, vpc: str) -> None:
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.9.0/24", AvailabilityZoneId="euw3-az2")["Subnet"]
    assert (subnet["AvailabilityZone"], subnet["MapPublicIpOnLaunch"]) == (f"{REGION}b", False)


def test_a_changed_gateway_endpoint_is_in_the_route_tables_that_it_names(ec2: Any, vpc: str) -> None:
    first, second = (ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    endpoint = ec2.create_vpc_endpoint(
        VpcEndpointType="Gateway", VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", RouteTableIds=[first]
    )["VpcEndpoint"]["VpcEndpointId"]
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=[second], RemoveRouteTableIds=[first])
    tables = ec2.describe_route_tables(RouteTableIds=[first, second])["RouteTables"]
    through = {t["RouteTableId"]: endpoint in [route.get("GatewayId") for route in t["Routes"]] for t in tables}
    assert through == {first: False, second: True}
    for _ in range(2):  # the second changes nothing
        assert ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])["Unsuccessful"] == []


def test_a_changed_interface_endpoint_is_in_the_subnets_that_it_names(ec2: Any, vpc: str, subnet: str) -> None:
    other = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.2.0/24")["Subnet"]["SubnetId"]
    endpoint = ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=vpc,
        ServiceName=f"com.amazonaws.{REGION}.secretsmanager",
        SubnetIds=[subnet],
        PrivateDnsEnabled=False,
    )["VpcEndpoint"]["VpcEndpointId"]
    ec2.modify_vpc_endpoint(
        VpcEndpointId=endpoint, AddSubnetIds=[other], RemoveSubnetIds=[subnet], PrivateDnsEnabled=True
    )
    [described] = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"]
    assert described["PrivateDnsEnabled"] is True
    interfaces = ec2.describe_network_interfaces(NetworkInterfaceIds=described["NetworkInterfaceIds"])
    assert [interface["SubnetId"] for interface in interfaces["NetworkInterfaces"]] == [other]


def test_a_customer_gateway_keeps_its_devices_name(ec2: Any) -> None:
    created = ec2.create_customer_gateway(
        BgpAsn=65010, IpAddress="198.51.100.7", Type="ipsec.1", DeviceName="firewall"
    )["CustomerGateway"]
    [described] = ec2.describe_customer_gateways(CustomerGatewayIds=[created["CustomerGatewayId"]])["CustomerGateways"]
    assert described["DeviceName"] == "firewall"


def test_a_console_does_not_show_a_boot_that_never_was(ec2: Any) -> None:
    image = image_id(ec2)
    [started] = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"]
    shown = ec2.get_console_output(InstanceId=started["InstanceId"], Latest=True)["Output"]
    assert "boots no kernel" in shown
    assert "Linux version" not in shown
    with aws_refuses("InvalidInstanceID.NotFound"):
        ec2.get_console_output(InstanceId="i-00000000000000000")


def test_a_volume_is_detached_by_its_id(ec2: Any) -> None:
    image = image_id(ec2)
    [started] = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"]
    zone = started["Placement"]["AvailabilityZone"]
    volume = ec2.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=started["InstanceId"], Device="/dev/sdp")
    assert ec2.detach_volume(VolumeId=volume)["InstanceId"] == started["InstanceId"]
    with aws_refuses("IncorrectState", "'available' state"):
        ec2.detach_volume(VolumeId=volume)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "0.0.0.0", "169.254.1.1", "224.0.0.1", "255.255.255.255", "999.1.1.1", "vpn.client.url", "::1"],
)
def test_what_is_no_address_of_a_device_is_refused(ec2: Any, address: str) -> None:
    with aws_refuses("InvalidParameterValue", f"\\({address}\\) for parameter ipAddress"):
        ec2.create_customer_gateway(Type="ipsec.1", IpAddress=address, BgpAsn=65000)
    assert ec2.describe_customer_gateways()["CustomerGateways"] == []


def test_a_private_address_of_a_device_is_taken(ec2: Any) -> None:
    """For a VPN over Direct Connect. The stack's settings refuse it."""
    ec2.create_customer_gateway(Type="ipsec.1", IpAddress="10.0.0.1", BgpAsn=65000)


@pytest.mark.parametrize("number", [0, -5, 7224, 4_294_967_296])
def test_a_bgp_number_that_a_device_cannot_have_is_refused(ec2: Any, number: int) -> None:
    with aws_refuses("InvalidParameterValue", f"\\({number}\\) for parameter bgpAsn"):
        ec2.create_customer_gateway(Type="ipsec.1", IpAddress="198.51.100.7", BgpAsn=number)


def test_a_bgp_number_is_reserved_in_its_region(ec2: Any) -> None:
    device = {"Type": "ipsec.1", "IpAddress": "198.51.100.7", "BgpAsn": 9059}
    ec2.create_customer_gateway(**device)
    with aws_refuses("InvalidParameterValue", "bgpAsn"):
        client("ec2", "eu-west-1").create_customer_gateway(**device)
