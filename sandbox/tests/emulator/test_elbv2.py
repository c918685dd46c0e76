"""Load balancers of the embedded AWS, and the certificates that they serve, through boto3 in this process."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.emulator.in_process import client
from sandbox.tests.certificates import issue, self_signed
from sandbox.tests.refusals import aws_refuses

REGION = "eu-west-3"
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"


@pytest.fixture
def certificate(acm: Any) -> str:
    pair = self_signed("*.client.url")
    tags = [{"Key": "Client", "Value": "client"}]
    arn: str = acm.import_certificate(Certificate=pair.certificate, PrivateKey=pair.private_key, Tags=tags)[
        "CertificateArn"
    ]
    return arn


@pytest.fixture
def subnets() -> list[str]:
    ec2 = client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    return [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]


@pytest.fixture
def balancer(elbv2: Any, subnets: list[str]) -> dict[str, Any]:
    created: dict[str, Any] = elbv2.create_load_balancer(Name="shop", Subnets=subnets)["LoadBalancers"][0]
    return created


@pytest.fixture
def listener(elbv2: Any, balancer: dict[str, Any]) -> str:
    """The ARN of an HTTP listener that answers 404."""
    arn: str = listen(elbv2, balancer)["ListenerArn"]
    return arn


def listen(elbv2: Any, balancer: dict[str, Any], **changes: Any) -> dict[str, Any]:
    settings = {
        "Protocol": "HTTP",
        "Port": 80,
        "DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    }
    created: dict[str, Any] = elbv2.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], **settings | changes)[
        "Listeners"
    ][0]
    return created


def rule(elbv2: Any, listener: str, priority: int) -> str:
    arn: str = elbv2.create_rule(
        ListenerArn=listener,
        Priority=priority,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": [f"/{priority}"]}}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}],
    )["Rules"][0]["RuleArn"]
    return arn


def attributes(elbv2: Any, balancer: dict[str, Any]) -> dict[str, str]:
    answer = elbv2.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])
    return {attribute["Key"]: attribute["Value"] for attribute in answer["Attributes"]}


def test_the_zone_is_the_regions(balancer: dict[str, Any]) -> None:
    """So that an alias record to it is what it would be on AWS."""
    assert balancer["CanonicalHostedZoneId"] == "Z3Q77PNBQS71R4"
    assert balancer["DNSName"].endswith(".eu-west-3.elb.amazonaws.com")
    assert balancer["Scheme"] == "internet-facing"


def test_attributes_start_with_awss_defaults(elbv2: Any, balancer: dict[str, Any]) -> None:
    found = attributes(elbv2, balancer)
    assert found["idle_timeout.timeout_seconds"] == "60"
    assert found["routing.http2.enabled"] == "true"
    assert found["routing.http.drop_invalid_header_fields.enabled"] == "false"
    elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Attributes=[{"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"}],
    )
    assert attributes(elbv2, balancer)["routing.http.drop_invalid_header_fields.enabled"] == "true"


def test_a_public_one_needs_an_internet_gateway(elbv2: Any) -> None:
    ec2 = client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]
    with aws_refuses("InvalidSubnet", f"VPC {vpc} has no internet gateway"):
        elbv2.create_load_balancer(Name="public", Subnets=subnets)
    elbv2.create_load_balancer(Name="internal", Subnets=subnets, Scheme="internal")


def test_a_name_is_taken_once(elbv2: Any, balancer: dict[str, Any], subnets: list[str]) -> None:
    with aws_refuses("DuplicateLoadBalancerName"):
        elbv2.create_load_balancer(Name="shop", Subnets=subnets)


def test_deletion_protection_protects(elbv2: Any, balancer: dict[str, Any]) -> None:
    arn = balancer["LoadBalancerArn"]
    for value in ("true", "false"):
        elbv2.modify_load_balancer_attributes(
            LoadBalancerArn=arn, Attributes=[{"Key": "deletion_protection.enabled", "Value": value}]
        )
        if value == "true":
            with aws_refuses("OperationNotPermitted"):
                elbv2.delete_load_balancer(LoadBalancerArn=arn)
    elbv2.delete_load_balancer(LoadBalancerArn=arn)
    assert elbv2.describe_load_balancers()["LoadBalancers"] == []


@pytest.mark.parametrize("policy", [TLS_POLICY, "ELBSecurityPolicy-TLS13-1-2-2021-06"])
def test_todays_tls_policies_read_back(elbv2: Any, balancer: dict[str, Any], certificate: str, policy: str) -> None:
    created = listen(
        elbv2,
        balancer,
        Protocol="HTTPS",
        Port=443,
        SslPolicy=policy,
        Certificates=[{"CertificateArn": certificate}],
    )
    assert created["SslPolicy"] == policy
    assert created["MutualAuthentication"] == {"Mode": "off"}


def test_an_unknown_tls_policy_is_refused(elbv2: Any, balancer: dict[str, Any], certificate: str) -> None:
    with aws_refuses("SSLPolicyNotFound"):
        listen(
            elbv2,
            balancer,
            Protocol="HTTPS",
            SslPolicy="ELBSecurityPolicy-Nothing",
            Certificates=[{"CertificateArn": certificate}],
        )


def test_an_http_listener_has_no_tls_policy(elbv2: Any, balancer: dict[str, Any]) -> None:
    created = listen(elbv2, balancer)
    assert "SslPolicy" not in created
    assert "MutualAuthentication" not in created


def test_a_port_has_one_listener(elbv2: Any, balancer: dict[str, Any], listener: str) -> None:
    with aws_refuses("DuplicateListener"):
        listen(elbv2, balancer)


def test_a_modified_listener_keeps_what_is_not_named(elbv2: Any, listener: str) -> None:
    elbv2.modify_listener(ListenerArn=listener, Port=8080)
    [described] = elbv2.describe_listeners(ListenerArns=[listener])["Listeners"]
    assert described["Port"] == 8080
    assert described["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"] == "404"


def test_mutual_authentication_can_be_switched_on(elbv2: Any, balancer: dict[str, Any], certificate: str) -> None:
    secure = {"Protocol": "HTTPS", "Port": 443, "SslPolicy": TLS_POLICY}
    arn = listen(elbv2, balancer, **secure, Certificates=[{"CertificateArn": certificate}])["ListenerArn"]
    elbv2.modify_listener(ListenerArn=arn, MutualAuthentication={"Mode": "passthrough"})
    [described] = elbv2.describe_listeners(ListenerArns=[arn])["Listeners"]
    assert described["MutualAuthentication"] == {"Mode": "passthrough"}


def test_rules_change_places_and_are_listed_in_order(elbv2: Any, listener: str) -> None:
    tenth, first, second = (rule(elbv2, listener, priority) for priority in (10, 1, 2))
    elbv2.set_rule_priorities(RulePriorities=[{"RuleArn": first, "Priority": 2}, {"RuleArn": second, "Priority": 1}])
    listed = elbv2.describe_rules(ListenerArn=listener)["Rules"]
    assert [known["Priority"] for known in listed] == ["1", "2", "10", "default"]
    assert [known["RuleArn"] for known in listed[:3]] == [second, first, tenth]


def test_a_refused_change_of_priorities_changes_nothing(elbv2: Any, listener: str) -> None:
    first, second = rule(elbv2, listener, 1), rule(elbv2, listener, 2)
    with aws_refuses("PriorityInUse"):
        elbv2.set_rule_priorities(RulePriorities=[{"RuleArn": first, "Priority": 2}])
    listed = elbv2.describe_rules(ListenerArn=listener)["Rules"]
    assert [known["RuleArn"] for known in listed[:2]] == [first, second]


def test_an_imported_certificate_reads_back_as_it_came(acm: Any) -> None:
    """Without a chain there is none, with one there is nothing else in it."""
    authority = issue("issuer")
    own, pair = self_signed("*.client.url"), issue("client.url", by=authority, names=("*.client.url",))
    alone = acm.import_certificate(Certificate=own.certificate, PrivateKey=own.private_key)["CertificateArn"]
    assert "CertificateChain" not in acm.get_certificate(CertificateArn=alone)
    issuer = authority.certificate
    chained = acm.import_certificate(
        Certificate=pair.certificate, PrivateKey=pair.private_key, CertificateChain=issuer
    )["CertificateArn"]
    answer = acm.get_certificate(CertificateArn=chained)
    assert answer["CertificateChain"].strip() == issuer.strip()
    assert answer["Certificate"].strip() == pair.certificate.strip()


def test_a_certificate_imported_again_keeps_its_arn_and_tags(acm: Any, certificate: str) -> None:
    pair = self_signed("renewed.client.url")
    again = acm.import_certificate(
        CertificateArn=certificate, Certificate=pair.certificate, PrivateKey=pair.private_key
    )["CertificateArn"]
    assert again == certificate
    assert acm.list_tags_for_certificate(CertificateArn=certificate)["Tags"] == [{"Key": "Client", "Value": "client"}]
    described = acm.describe_certificate(CertificateArn=certificate)["Certificate"]
    assert described["DomainName"] == "renewed.client.url"
    with aws_refuses("ValidationException"):
        acm.import_certificate(
            CertificateArn=certificate,
            Certificate=pair.certificate,
            PrivateKey=pair.private_key,
            Tags=[{"Key": "a", "Value": "b"}],
        )


def test_a_certificate_in_use_is_not_deleted(acm: Any, elbv2: Any, balancer: dict[str, Any], certificate: str) -> None:
    """Its users are load balancers, and no longer once they are gone."""
    listen(
        elbv2,
        balancer,
        Protocol="HTTPS",
        Port=443,
        SslPolicy=TLS_POLICY,
        Certificates=[{"CertificateArn": certificate}],
    )
    described = acm.describe_certificate(CertificateArn=certificate)["Certificate"]
    assert described["InUseBy"] == [balancer["LoadBalancerArn"]]
    with aws_refuses("ResourceInUseException"):
        acm.delete_certificate(CertificateArn=certificate)
    elbv2.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    acm.delete_certificate(CertificateArn=certificate)
    assert acm.list_certificates()["CertificateSummaryList"] == []


def test_certificate_options_are_updated(acm: Any, certificate: str) -> None:
    options = {"CertificateTransparencyLoggingPreference": "DISABLED"}
    acm.update_certificate_options(CertificateArn=certificate, Options=options)
    described = acm.describe_certificate(CertificateArn=certificate)["Certificate"]
    assert described["Options"]["CertificateTransparencyLoggingPreference"] == "DISABLED"
