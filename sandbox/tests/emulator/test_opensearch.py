"""OpenSearch of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.emulator.in_process import client
from sandbox.tests.refusals import aws_refuses

REGION = "eu-west-3"


def create(opensearch: Any, **changes: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "DomainName": "prod",
        "EngineVersion": "OpenSearch_3.1",
        "ClusterConfig": {"InstanceType": "r7g.large.search", "InstanceCount": 2},
        "EBSOptions": {"EBSEnabled": True, "VolumeType": "gp3", "VolumeSize": 100},
        "TagList": [{"Key": "Client", "Value": "client"}],
    }
    status: dict[str, Any] = opensearch.create_domain(**settings | changes)["DomainStatus"]
    return status


def describe(opensearch: Any) -> dict[str, Any]:
    status: dict[str, Any] = opensearch.describe_domain(DomainName="prod")["DomainStatus"]
    return status


def subnets(zones: str) -> tuple[str, list[str]]:
    """A new VPC, with a subnet in each of the zones."""
    ec2 = client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return vpc, [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate(zones)
    ]


def cluster(instances: int, zones: int) -> dict[str, Any]:
    spread = {"ZoneAwarenessEnabled": True, "ZoneAwarenessConfig": {"AvailabilityZoneCount": zones}}
    return {"InstanceType": "r7g.large.search", "InstanceCount": instances, **(spread if zones > 1 else {})}


@pytest.mark.parametrize(
    ("where", "instances", "zones", "why"),
    [
        ("ab", 3, 3, "exactly three subnets because you've set zone count to three"),
        ("abc", 4, 2, "exactly two subnets because you've set zone count to two"),
        ("ab", 2, 1, "exactly one subnet"),
        ("aa", 2, 2, "different Availability Zone"),
        ("abc", 2, 3, "minimum of three data nodes"),
        ("abc", 4, 4, "must be 2 or 3"),
        ("ab", 3, 2, "an even number of data nodes"),
    ],
)
def test_a_domain_has_one_subnet_and_one_node_for_each_zone(
    opensearch: Any, where: str, instances: int, zones: int, why: str
) -> None:
    _, ids = subnets(where)
    with aws_refuses("ValidationException", why):
        create(opensearch, ClusterConfig=cluster(instances, zones), VPCOptions={"SubnetIds": ids})


@pytest.mark.parametrize(
    "wrong",
    [
        {"ClusterConfig": {"InstanceType": "r7g.large", "InstanceCount": 1}},
        {"ClusterConfig": {"InstanceType": "z9.large.search", "InstanceCount": 1}},
        {"EBSOptions": {"EBSEnabled": True, "VolumeType": "gp3", "VolumeSize": 9}},
    ],
)
def test_a_size_that_opensearch_does_not_offer_is_refused(opensearch: Any, wrong: dict[str, Any]) -> None:
    with aws_refuses("ValidationException"):
        create(opensearch, **wrong)
    create(opensearch)
    with aws_refuses("ValidationException"):
        opensearch.update_domain_config(DomainName="prod", **wrong)


def test_a_change_keeps_one_subnet_for_each_zone(opensearch: Any) -> None:
    _, ids = subnets("abc")
    create(opensearch, ClusterConfig=cluster(2, 2), VPCOptions={"SubnetIds": ids[:2]})
    with aws_refuses("ValidationException", "exactly three subnets"):
        opensearch.update_domain_config(DomainName="prod", ClusterConfig=cluster(3, 3))
    opensearch.update_domain_config(DomainName="prod", ClusterConfig=cluster(3, 3), VPCOptions={"SubnetIds": ids})
    assert len(describe(opensearch)["VPCOptions"]["AvailabilityZones"]) == 3


def test_a_domain_in_a_vpc_knows_its_place_and_has_an_endpoint_there(opensearch: Any) -> None:
    vpc, ids = subnets("ab")
    create(opensearch, ClusterConfig=cluster(2, 2), VPCOptions={"SubnetIds": ids, "SecurityGroupIds": ["sg-1"]})
    status = describe(opensearch)
    assert status["VPCOptions"] == {
        "VPCId": vpc,
        "SubnetIds": ids,
        "AvailabilityZones": [f"{REGION}a", f"{REGION}b"],
        "SecurityGroupIds": ["sg-1"],
    }
    assert status["Endpoints"]["vpc"].startswith("vpc-prod-")
    assert "Endpoint" not in status
    assert status["Processing"] is False


def test_a_domain_outside_a_vpc_has_one_endpoint(opensearch: Any) -> None:
    status = create(opensearch)
    assert status["Endpoint"].startswith("search-prod-")
    assert status["IPAddressType"] == "ipv4"


def test_the_master_users_password_is_never_answered(opensearch: Any) -> None:
    """Not in the wire's text either, of which boto3 shows but what it knows."""
    bodies: list[bytes] = []
    opensearch.meta.events.register_last(
        "before-parse", lambda response_dict, **_: bodies.append(response_dict["body"])
    )
    create(
        opensearch,
        AdvancedSecurityOptions={
            "Enabled": True,
            "InternalUserDatabaseEnabled": True,
            "MasterUserOptions": {"MasterUserName": "magento", "MasterUserPassword": "Only-for-the-test-1"},
        },
    )
    assert describe(opensearch)["AdvancedSecurityOptions"]["InternalUserDatabaseEnabled"] is True
    opensearch.describe_domain_config(DomainName="prod")
    assert bodies
    assert not [body for body in bodies if b"Only-for-the-test-1" in body]


def test_an_update_keeps_what_it_does_not_name(opensearch: Any) -> None:
    create(opensearch)
    opensearch.update_domain_config(
        DomainName="prod", ClusterConfig={"InstanceCount": 3}, EBSOptions={"EBSEnabled": True, "VolumeSize": 200}
    )
    status = describe(opensearch)
    assert (status["ClusterConfig"]["InstanceType"], status["ClusterConfig"]["InstanceCount"]) == (
        "r7g.large.search",
        3,
    )
    assert (status["EBSOptions"]["VolumeType"], status["EBSOptions"]["VolumeSize"]) == ("gp3", 200)


def test_auto_tune_reaches_the_state_desired(opensearch: Any) -> None:
    create(opensearch, AutoTuneOptions={"DesiredState": "DISABLED"})
    assert describe(opensearch)["AutoTuneOptions"]["State"] == "DISABLED"


def test_access_policies_read_back(opensearch: Any) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    create(opensearch, AccessPolicies=policy)
    assert describe(opensearch)["AccessPolicies"] == policy


def test_an_upgrade_goes_up_only(opensearch: Any) -> None:
    create(opensearch)
    opensearch.upgrade_domain(DomainName="prod", TargetVersion="OpenSearch_3.3", PerformCheckOnly=True)
    assert describe(opensearch)["EngineVersion"] == "OpenSearch_3.1"
    opensearch.upgrade_domain(DomainName="prod", TargetVersion="OpenSearch_3.3")
    assert describe(opensearch)["EngineVersion"] == "OpenSearch_3.3"
    with aws_refuses("ValidationException"):
        opensearch.upgrade_domain(DomainName="prod", TargetVersion="OpenSearch_2.19")


@pytest.mark.parametrize("version", ["OpenSearch_99.1", "Elasticsearch_3.1", "Solr_1.1.1.1.1"])
def test_a_version_that_does_not_exist_is_refused(opensearch: Any, version: str) -> None:
    with aws_refuses("ValidationException"):
        create(opensearch, EngineVersion=version)


def test_a_name_is_taken_once(opensearch: Any) -> None:
    create(opensearch)
    with aws_refuses("ResourceAlreadyExistsException"):
        create(opensearch)


def test_a_deleted_domain_is_gone_with_its_tags(opensearch: Any) -> None:
    arn = create(opensearch)["ARN"]
    opensearch.delete_domain(DomainName="prod")
    with aws_refuses("ResourceNotFoundException"):
        describe(opensearch)
    create(opensearch, TagList=[])
    assert opensearch.list_tags(ARN=arn)["TagList"] == []
