"""Route 53 of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.emulator.in_process import client
from sandbox.tests.refusals import aws_refuses

REGION = "eu-west-3"
WWW = {"Name": "www.client.url", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
APEX = {
    "Name": "client.url",
    "Type": "A",
    "AliasTarget": {
        "HostedZoneId": "Z3Q77PNBQS71R4",
        "DNSName": "shop-1.eu-west-3.elb.amazonaws.com",
        "EvaluateTargetHealth": True,
    },
}


@pytest.fixture
def zone(route53: Any) -> str:
    """The public zone ``client.url``."""
    id_: str = route53.create_hosted_zone(Name="client.url", CallerReference="public")["HostedZone"]["Id"]
    return id_


def change(route53: Any, zone: str, *changes: tuple[str, dict[str, Any]]) -> Any:
    batch = [{"Action": action, "ResourceRecordSet": record} for action, record in changes]
    return route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": batch})


def records(route53: Any, zone: str) -> list[dict[str, Any]]:
    """Without those that every zone has."""
    answer = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return [record for record in answer if record["Type"] not in ("NS", "SOA")]


def test_a_zone_made_with_a_vpc_is_private(route53: Any) -> None:
    vpc = client("ec2", REGION).create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    created = route53.create_hosted_zone(
        Name="internal-client.url", CallerReference="private", VPC={"VPCRegion": REGION, "VPCId": vpc}
    )
    described = route53.get_hosted_zone(Id=created["HostedZone"]["Id"])
    assert described["HostedZone"]["Config"]["PrivateZone"] is True
    assert described["VPCs"] == [{"VPCRegion": REGION, "VPCId": vpc}]
    assert "DelegationSet" not in created


def test_a_zone_made_without_a_vpc_is_public(route53: Any, zone: str) -> None:
    described = route53.get_hosted_zone(Id=zone)
    assert described["HostedZone"]["Config"]["PrivateZone"] is False
    assert len(described["DelegationSet"]["NameServers"]) == 4


def test_a_reference_makes_one_zone(route53: Any, zone: str) -> None:
    with aws_refuses("HostedZoneAlreadyExists"):
        route53.create_hosted_zone(Name="client.url", CallerReference="public")


def test_the_start_of_authority_is_text(route53: Any, zone: str) -> None:
    answer = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    [soa] = [record for record in answer if record["Type"] == "SOA"]
    assert soa["ResourceRecords"][0]["Value"].startswith("ns-")
    assert " awsdns-hostmaster.amazon.com. " in soa["ResourceRecords"][0]["Value"]


def test_records_and_aliases_read_back_in_sync(route53: Any, zone: str) -> None:
    assert change(route53, zone, ("CREATE", APEX), ("CREATE", WWW))["ChangeInfo"]["Status"] == "INSYNC"
    assert records(route53, zone) == [{**APEX, "Name": "client.url."}, {**WWW, "Name": "www.client.url."}]


def test_a_record_is_created_once_whatever_its_values(route53: Any, zone: str) -> None:
    change(route53, zone, ("CREATE", WWW))
    with aws_refuses("InvalidChangeBatch", "already exists"):
        change(route53, zone, ("CREATE", {**WWW, "TTL": 30}))


def test_a_deleted_record_can_be_created_again(route53: Any, zone: str) -> None:
    """Also when other records follow it in the zone."""
    change(route53, zone, ("CREATE", WWW), ("CREATE", {**WWW, "Name": "zzz.client.url"}))
    change(route53, zone, ("DELETE", WWW))
    change(route53, zone, ("CREATE", WWW))
    assert [record["Name"] for record in records(route53, zone)] == ["www.client.url.", "zzz.client.url."]


def test_a_deletion_names_the_current_values(route53: Any, zone: str) -> None:
    change(route53, zone, ("CREATE", WWW))
    change(route53, zone, ("UPSERT", {**WWW, "TTL": 30}))
    with aws_refuses("InvalidChangeBatch", "do not match"):
        change(route53, zone, ("DELETE", WWW))
    change(route53, zone, ("DELETE", {**WWW, "TTL": 30}))
    with aws_refuses("InvalidChangeBatch", "was not found"):
        change(route53, zone, ("DELETE", {**WWW, "TTL": 30}))


def test_a_batch_is_done_wholly_or_not_at_all(route53: Any, zone: str) -> None:
    with aws_refuses("InvalidChangeBatch"):
        change(route53, zone, ("CREATE", WWW), ("DELETE", APEX))
    assert records(route53, zone) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("www.client.url", "conflicts with other records", id="beside another"),
        pytest.param("client.url", "not permitted at apex", id="apex"),
        pytest.param("www.notclient.url", "is not permitted in zone", id="another zone"),
    ],
)
def test_cnames_where_none_may_be(route53: Any, zone: str, name: str, reason: str) -> None:
    change(route53, zone, ("CREATE", WWW))
    cname = {"Name": name, "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "elsewhere.example"}]}
    with aws_refuses("InvalidChangeBatch", reason):
        change(route53, zone, ("CREATE", cname))


def test_geoproximity_reads_back(route53: Any, zone: str) -> None:
    place = {"AWSRegion": REGION, "Bias": 10}
    change(route53, zone, ("CREATE", {**WWW, "SetIdentifier": "paris", "GeoProximityLocation": place}))
    [record] = records(route53, zone)
    assert record["GeoProximityLocation"] == place


def test_a_zone_with_records_is_not_deleted(route53: Any, zone: str) -> None:
    change(route53, zone, ("CREATE", WWW))
    with aws_refuses("HostedZoneNotEmpty"):
        route53.delete_hosted_zone(Id=zone)
