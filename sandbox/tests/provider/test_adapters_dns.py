"""Adapters of DNS zones and records and of certificates, against the embedded AWS."""

from __future__ import annotations

import pytest

from sandbox.provider.adapter import Aws, Values
from sandbox.provider.registry import find_adapter, find_function
from sandbox.tests.certificates import issue, self_signed
from sandbox.tests.provider.adapter_round_trip import Case, Sample, Samples, create, read, round_trip

SAMPLES = Samples()
TAGS = {"Name": "main", "Client": "client"}
ZONE = "aws:route53/zone:Zone"
RECORD = "aws:route53/record:Record"


def vpc(aws: Aws, region: str) -> str:
    return str(aws.client("ec2", region).create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"])


def zone(aws: Aws, name: str) -> str:
    return create(aws, ZONE, {"name": name})


@SAMPLES.case(ZONE)
def public_zone(aws: Aws) -> Case:
    return Case(
        inputs={"name": "client.url", "comment": "the shop", "forceDestroy": True, "tags": TAGS},
        updates=[{"comment": "the shop's zone"}, {"forceDestroy": False}],
    )


@SAMPLES.case(ZONE)
def private_zone(aws: Aws) -> Case:
    here, there = vpc(aws, aws.region), vpc(aws, "us-east-1")
    return Case(
        inputs={"name": "internal-client.url", "vpcs": [{"vpcId": here}], "tags": TAGS},
        updates=[
            {"vpcs": [{"vpcId": there, "vpcRegion": "us-east-1"}, {"vpcId": here}]},
            {"vpcs": [{"vpcId": there, "vpcRegion": "us-east-1"}]},
        ],
    )


@SAMPLES.case(RECORD)
def address(aws: Aws) -> Case:
    return Case(
        inputs={
            "zoneId": zone(aws, "address.url"),
            "name": "nfs.address.url",
            "type": "A",
            "ttl": 300,
            "records": ["10.0.1.2", "10.0.1.1"],
        },
        updates=[{"ttl": 60}, {"records": ["10.0.1.1", "10.0.1.3"]}, {"allowOverwrite": True}],
    )


@SAMPLES.case(RECORD)
def wildcard(aws: Aws) -> Case:
    return Case(
        inputs={
            "zoneId": zone(aws, "wildcard.url"),
            "name": "*.wildcard.url",
            "type": "CNAME",
            "ttl": 300,
            "records": ["www.wildcard.url"],
        },
    )


@SAMPLES.case(RECORD)
def text(aws: Aws) -> Case:
    return Case(
        inputs={
            "zoneId": zone(aws, "text.url"),
            "name": "_dmarc.text.url",
            "type": "TXT",
            "ttl": 300,
            "records": ["v=DMARC1; p=reject"],
        },
        updates=[{"records": ["v=DMARC1; p=none"]}],
    )


@SAMPLES.case(RECORD)
def alias(aws: Aws) -> Case:
    target = {"name": "main-1.eu-west-3.elb.amazonaws.com", "zoneId": "Z3Q77PNBQS71R4", "evaluateTargetHealth": True}
    return Case(
        inputs={"zoneId": zone(aws, "alias.url"), "name": "alias.url", "type": "A", "aliases": [target]},
        updates=[{"aliases": [{**target, "evaluateTargetHealth": False}]}],
    )


@SAMPLES.case(RECORD)
def weighted(aws: Aws) -> Case:
    return Case(
        inputs={
            "zoneId": zone(aws, "weighted.url"),
            "name": "www.weighted.url",
            "type": "A",
            "ttl": 60,
            "records": ["192.0.2.1"],
            "setIdentifier": "blue_green",
            "weightedRoutingPolicies": [{"weight": 10}],
            "healthCheckId": "6f3c6a5e-0000-4000-8000-000000000000",
        },
        updates=[{"weightedRoutingPolicies": [{"weight": 0}]}],
    )


@SAMPLES.case("aws:acm/certificate:Certificate")
def imported_certificate(aws: Aws) -> Case:
    first, second = self_signed("*.client.url"), self_signed("*.client.url")
    return Case(
        inputs={"certificateBody": first.certificate, "privateKey": first.private_key, "tags": TAGS},
        updates=[{"certificateBody": second.certificate, "privateKey": second.private_key}],
    )


@SAMPLES.case("aws:acm/certificate:Certificate")
def certificate_with_a_chain(aws: Aws) -> Case:
    authority = issue("authority")
    pair = issue("chained.client.url", by=authority, names=("chained.client.url",))
    return Case(
        inputs={
            "certificateBody": pair.certificate,
            "privateKey": pair.private_key,
            "certificateChain": authority.certificate,
        },
    )


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: Aws, sample: Sample) -> None:
    """What a program says is what AWS has: at creation, after every update, and nothing is left after deletion."""
    round_trip(aws, sample)


def test_ids_are_those_of_the_official_provider(aws: Aws) -> None:
    """``pulumi import`` takes ``ZONE_name_TYPE``, and ``_SET`` behind it for a record with a policy."""
    zone_id = zone(aws, "ids.url")
    plain: Values = {"zoneId": zone_id, "name": "WWW.ids.url", "type": "A", "ttl": 60, "records": ["192.0.2.1"]}
    weighted = {**plain, "name": "_a_b.ids.url", "setIdentifier": "x", "weightedRoutingPolicies": [{"weight": 1}]}
    assert create(aws, RECORD, plain) == f"{zone_id}_www.ids.url_A"
    assert create(aws, RECORD, weighted) == f"{zone_id}__a_b.ids.url_A_x"
    imported = read(aws, RECORD, f"{zone_id}__a_b.ids.url_A_x")
    assert imported is not None
    assert imported["fqdn"] == "_a_b.ids.url"


@pytest.mark.parametrize(
    ("said", "full"), [("www", "www.names.url"), ("", "names.url"), ("ftp.names.url.", "ftp.names.url")]
)
def test_a_name_may_leave_out_its_zone(aws: Aws, said: str, full: str) -> None:
    """The program's spelling of a name stays; the full one is an output."""
    existing = aws.client("route53").list_hosted_zones_by_name(DNSName="names.url")["HostedZones"]
    zone_id = existing[0]["Id"].rpartition("/")[2] if existing else zone(aws, "names.url")
    inputs = {"zoneId": zone_id, "name": said, "type": "A", "ttl": 60, "records": ["192.0.2.1"]}
    id = create(aws, RECORD, inputs)
    state = find_adapter(RECORD).read(aws, id, inputs)
    assert state is not None
    assert (state["name"], state["fqdn"]) == (said, full)


def test_a_record_is_not_overwritten_unless_the_program_says_so(aws: Aws) -> None:
    """Another's record of the same name and type makes creation fail, and ``allowOverwrite`` takes it over."""
    inputs = {"zoneId": zone(aws, "taken.url"), "name": "taken.url", "type": "A", "ttl": 60, "records": ["192.0.2.1"]}
    id = create(aws, RECORD, inputs)
    with pytest.raises(Exception, match="already exists"):
        create(aws, RECORD, {**inputs, "records": ["192.0.2.2"]})
    create(aws, RECORD, {**inputs, "records": ["192.0.2.2"], "allowOverwrite": True})
    state = read(aws, RECORD, id)
    assert state is not None
    assert state["records"] == ["192.0.2.2"]


def test_force_destroy_takes_the_records_along(aws: Aws) -> None:
    """A zone that still holds records goes only if the program said that it may."""
    zone_id = zone(aws, "full.url")
    inputs = {"zoneId": zone_id, "name": "www.full.url", "type": "A", "ttl": 60, "records": ["192.0.2.1"]}
    create(aws, RECORD, inputs)
    with pytest.raises(Exception, match="HostedZoneNotEmpty"):
        find_adapter(ZONE).delete(aws, zone_id, {"forceDestroy": False})
    find_adapter(ZONE).delete(aws, zone_id, {"forceDestroy": True})
    assert read(aws, ZONE, zone_id) is None


def test_a_zone_names_its_servers(aws: Aws) -> None:
    """What has to be entered at the registrar."""
    state = read(aws, ZONE, zone(aws, "servers.url"))
    assert state is not None
    assert len(state["nameServers"]) == 4
    assert state["primaryNameServer"] in state["nameServers"]


def test_a_certificate_tells_what_it_is_for_and_how_long(aws: Aws) -> None:
    """The expiry alarm and the distributions need them; the private key is in no answer."""
    pair = self_signed("shop.client.url")
    inputs = {"certificateBody": pair.certificate, "privateKey": pair.private_key}
    state = read(aws, "aws:acm/certificate:Certificate", create(aws, "aws:acm/certificate:Certificate", inputs))
    assert state is not None
    assert (state["domainName"], state["status"], state["type"]) == ("shop.client.url", "ISSUED", "IMPORTED")
    assert state["notBefore"] < state["notAfter"]
    assert "privateKey" not in state


@pytest.mark.parametrize(
    ("inputs", "property"),
    [
        ({"aliases": [{"name": "x", "zoneId": "Z1", "evaluateTargetHealth": True}], "ttl": 60}, "aliases"),
        ({"records": ["192.0.2.1"]}, "ttl"),
        ({"aliases": [{"name": "x", "zone": "Z1"}]}, "aliases[0].zone"),
    ],
)
def test_what_aws_would_refuse_is_refused_at_preview(inputs: Values, property: str) -> None:
    """A record that cannot be, and a nested property that is not handled, name the property at fault."""
    assert [path for path, _ in find_adapter(RECORD).check(inputs)] == [property]


def test_hosted_zones_of_environments_and_accounts_of_load_balancers(aws: Aws) -> None:
    """The published figures of a region; an unknown region is an error, not a guess."""
    hosted_zone = find_function("aws:elasticbeanstalk/getHostedZone:getHostedZone")
    account = find_function("aws:elb/getServiceAccount:getServiceAccount")
    assert hosted_zone(aws, {})["id"] == "Z5WN6GAYWG5OB"
    assert hosted_zone(aws, {"region": "us-east-1"})["id"] == "Z117KPS5GTRQ2G"
    assert account(aws, {})["arn"] == "arn:aws:iam::009996457667:root"
    for function in (hosted_zone, account):
        with pytest.raises(ValueError, match="'mars-1'"):
            function(aws, {"region": "mars-1"})
