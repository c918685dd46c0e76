"""The fleet's side of the embedded AWS: how it registers, and the document that it follows."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox.tests.emulator.aws_process import REGION, EmbeddedAws
from sandbox.tests.emulator.beanstalk_site import Site, build, settings
from sandbox.tests.emulator.fake_fleet import Answer, eventually, registered_fleet
from sandbox.tests.emulator.images import image_id
from sandbox.tests.refusals import aws_refuses

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]


@pytest.fixture
def site(aws: EmbeddedAws) -> Site:
    return build(aws)


def state(aws: EmbeddedAws, unless: str = "") -> dict[str, Any]:
    with urllib.request.urlopen(f"{aws.url}/moto-api/hosts?unless={unless}", timeout=60) as answer:
        document: dict[str, Any] = json.load(answer)
        return document


def test_the_document_names_each_instance_with_what_it_runs(site: Site) -> None:
    """A host needs its address, version, properties, secrets and options, and nothing else of the environment."""
    arn = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:database-abcdef:password"
    own = [
        *site.option_settings(instances=2),
        *settings("aws:elasticbeanstalk:application:environment", {"MAGENTO_TIER": "front"}),
        *settings("aws:elasticbeanstalk:application:environmentsecrets", {"DB_PASSWORD": arn}),
        *settings("aws:elasticbeanstalk:container:php:phpini", {"document_root": "/pub"}),
    ]
    site.create("prod-front", OptionSettings=own)
    instances = {instance["InstanceId"]: instance for instance in state(site.aws)["Instances"]}
    group = site.group("prod-front")
    assert set(instances) == {instance["InstanceId"] for instance in group["Instances"]}
    described = site.aws.client("ec2").describe_instances(InstanceIds=list(instances))["Reservations"]
    for instance in (i for reservation in described for i in reservation["Instances"]):
        found = instances[instance["InstanceId"]]
        assert found["PrivateIpAddress"] == instance["PrivateIpAddress"]
        assert (found["VpcId"], found["EnvironmentName"]) == (site.vpc_id, "prod-front")
        assert found["Deployment"] == {
            "DeploymentId": 1,
            "VersionLabel": "v1",
            "Bundle": {"Bucket": f"elasticbeanstalk-{REGION}-123456789012", "Key": "site.zip"},
        }
        assert found["Properties"] == {"MAGENTO_TIER": "front"}
        assert found["Secrets"] == {"DB_PASSWORD": arn}
        assert found["Options"]["aws:elasticbeanstalk:container:php:phpini"]["document_root"] == "/pub"
        assert found["InstanceProfile"] == "site"


def test_the_document_has_the_load_balancers_with_their_rules_and_targets(site: Site) -> None:
    """Rules in the order of their priorities, in AWS's shapes, the default one last."""
    site.create("prod-back", {"PathPatterns": "/backend/*", "HostHeaders": "www.client.url"})
    site.create("prod-front", {"PathPatterns": "/*", "HostHeaders": "www.client.url"}, instances=1)
    document = state(site.aws)
    (balancer,) = document["LoadBalancers"]
    (listener,) = balancer["Listeners"]
    described = site.aws.client("elbv2").describe_rules(ListenerArn=site.listener)["Rules"]
    assert (listener["Port"], listener["Protocol"]) == (443, "HTTP")
    assert [rule["Priority"] for rule in listener["Rules"]] == ["1", "2", "default"]
    for rule, of_aws in zip(listener["Rules"], described, strict=True):
        assert [c["Field"] for c in rule["Conditions"]] == [c["Field"] for c in of_aws["Conditions"]]
        assert rule["Actions"][0]["Type"] == of_aws["Actions"][0]["Type"]
    front = listener["Rules"][1]["Actions"][0]["TargetGroupArn"]
    group = next(group for group in document["TargetGroups"] if group["Arn"] == front)
    assert group["HealthCheck"]["HealthCheckPath"] == "/health"
    assert group["DeregistrationDelaySeconds"] == 20
    (target,) = group["Targets"]
    instance = next(i for i in document["Instances"] if i["EnvironmentName"] == "prod-front")
    assert target == {
        "Id": instance["InstanceId"],
        "Address": instance["PrivateIpAddress"],
        "Port": 8080,
        "State": "registered",
    }


def test_the_document_has_the_data_stores_the_file_server_and_the_private_names(aws: EmbeddedAws) -> None:
    """With the passwords that AWS does not tell again: the fleet runs the servers that check them."""
    rds, cache, ec2, route53 = (aws.client(service) for service in ("rds", "elasticache", "ec2", "route53"))
    rds.create_db_parameter_group(DBParameterGroupName="own", DBParameterGroupFamily="mysql8.4", Description="own")
    rds.modify_db_parameter_group(
        DBParameterGroupName="own",
        Parameters=[
            {"ParameterName": "require_secure_transport", "ParameterValue": "1", "ApplyMethod": "immediate"},
        ],
    )
    rds.create_db_instance(
        DBInstanceIdentifier="shop",
        DBInstanceClass="db.t4g.micro",
        Engine="mysql",
        AllocatedStorage=20,
        MasterUsername="admin",
        MasterUserPassword="correct-horse",
        DBName="magento",
        DBParameterGroupName="own",
    )
    cache.create_replication_group(
        ReplicationGroupId="cache",
        ReplicationGroupDescription="cache",
        Engine="valkey",
        CacheNodeType="cache.t4g.micro",
        TransitEncryptionEnabled=True,
        AuthToken="sixteen-characters",
    )
    image = image_id(ec2)
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "media"}]}]
    volume = ec2.create_volume(
        AvailabilityZone=instance["Placement"]["AvailabilityZone"], Size=10, TagSpecifications=tags
    )["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=instance["InstanceId"], Device="/dev/sdf")
    zone = route53.create_hosted_zone(
        Name="client.internal",
        CallerReference="1",
        VPC={"VPCRegion": REGION, "VPCId": ec2.describe_vpcs()["Vpcs"][0]["VpcId"]},
    )["HostedZone"]["Id"]
    record = {"Name": "nfs.client.internal", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "10.0.0.9"}]}
    route53.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    )
    document = state(aws)
    (database,) = document["Databases"]
    endpoint = rds.describe_db_instances()["DBInstances"][0]["Endpoint"]
    assert (database["Host"], database["Port"]) == (endpoint["Address"], endpoint["Port"])
    assert (database["MasterUser"], database["MasterPassword"]) == ("admin", "correct-horse")
    assert (database["DatabaseName"], database["Parameters"]) == ("magento", {"require_secure_transport": "1"})
    (group,) = document["Caches"]
    primary = cache.describe_replication_groups()["ReplicationGroups"][0]["NodeGroups"][0]["PrimaryEndpoint"]
    assert (group["Host"], group["Port"]) == (primary["Address"], primary["Port"])
    assert (group["AuthToken"], group["TransitEncryption"]) == ("sixteen-characters", True)
    (server,) = document["FileServers"]
    assert server["PrivateIpAddress"] == instance["PrivateIpAddress"]
    assert [(found["VolumeId"], found["Name"]) for found in server["Volumes"]] == [(volume, "media")]
    found = {record["Name"]: record["Values"] for record in document["Records"] if record["Type"] == "A"}
    assert found == {"nfs.client.internal.": ["10.0.0.9"]}


def test_the_certificates_of_listeners_come_with_their_keys(site: Site) -> None:
    """The load balancers of the fleet serve TLS with them."""
    acm, elbv2 = site.aws.client("acm"), site.aws.client("elbv2")
    arn = acm.request_certificate(DomainName="www.client.url")["CertificateArn"]
    elbv2.create_listener(
        LoadBalancerArn=site.load_balancer,
        Port=8443,
        Protocol="HTTPS",
        Certificates=[{"CertificateArn": arn}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )
    document = state(site.aws)
    assert [listener["Certificates"] for listener in document["LoadBalancers"][0]["Listeners"]] == [[], [arn]]
    certificate = document["Certificates"][arn]
    assert certificate["Certificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE KEY-----" in certificate["PrivateKey"]


def test_who_knows_the_document_gets_the_next_one_as_soon_as_it_changes(site: Site) -> None:
    """Meanwhile other requests are answered."""
    known = state(site.aws)
    assert state(site.aws, unless="unknown") == known
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(state, site.aws, known["Digest"])
        site.create("prod-front")
        changed = waiting.result()
    assert changed["Digest"] != known["Digest"]
    assert len(changed["Instances"]) == 2


def test_a_fleet_must_be_on_this_machine(aws: EmbeddedAws) -> None:
    """Everything that the embedded AWS knows goes there."""
    for wrong in ('{"Url": "http://192.0.2.1:80"}', '{"Address": 1}', "none"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            aws.post("/moto-api/hosts", wrong)
        assert refused.value.code == 400
        assert "/moto-api/hosts" in json.load(refused.value)["message"]


def test_target_health_is_what_the_health_checks_saw(site: Site) -> None:
    """A target is initial until the fleet's load balancer has seen it, and unhealthy with the reason that it gives."""
    site.create("prod-front", {"PathPatterns": "/*"})
    (arn,) = site.group("prod-front")["TargetGroupARNs"]

    def health() -> dict[str, tuple[str, str]]:
        described = site.aws.client("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return {t["Target"]["Id"]: (t["TargetHealth"]["State"], t["TargetHealth"].get("Reason", "")) for t in described}

    assert {state for state, _ in health().values()} == {"healthy"}
    first, second = health()
    with registered_fleet(site.aws) as fleet:
        fleet.sees_targets = False
        eventually(health, wanted=lambda seen: set(seen.values()) == {("initial", "Elb.RegistrationInProgress")})
        fleet.sees_targets = True
        fleet.health[second] = {"State": "unhealthy", "Reason": "Target.ResponseCodeMismatch", "Description": "[500]"}
        eventually(
            health,
            wanted=lambda seen: seen == {first: ("healthy", ""), second: ("unhealthy", "Target.ResponseCodeMismatch")},
        )
        # It registers again with each host that it has. What the checks saw stays.
        seen = health()
        site.aws.post("/moto-api/hosts", json.dumps({"Url": fleet.url, "OpensShellsOn": [first]}))
        assert health() == seen
    assert {state for state, _ in health().values()} == {"healthy"}


def test_a_deregistered_target_drains_for_the_scaled_delay(site: Site) -> None:
    """The load balancer of the fleet finishes its requests meanwhile."""
    site.create("prod-front", {"PathPatterns": "/*"})
    (arn,) = site.group("prod-front")["TargetGroupARNs"]
    first = sorted(site.in_service("prod-front"))[0]
    site.control(TimeScale=0.1)

    def drain() -> list[str]:
        (group,) = state(site.aws)["TargetGroups"]
        return [target["Id"] for target in group["Targets"] if target["State"] == "draining"]

    with registered_fleet(site.aws):
        site.aws.client("elbv2").deregister_targets(TargetGroupArn=arn, Targets=[{"Id": first}])
        assert drain() == [first]
        described = site.aws.client("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        states = {target["Target"]["Id"]: target["TargetHealth"]["State"] for target in described}
        assert states[first] == "draining"
        eventually(drain, wanted=lambda draining: draining == [])  # after 2 of AWS's 20 seconds


def snapshot_status(rds: Any, name: str) -> str:
    return str(rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"][0]["Status"])


def database(aws: EmbeddedAws) -> Any:
    rds = aws.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="shop",
        DBInstanceClass="db.m7g.large",
        Engine="mysql",
        AllocatedStorage=100,
        MasterUsername="magento",
        MasterUserPassword="squirrel-7",
        BackupRetentionPeriod=0,
    )
    return rds


def test_a_snapshot_is_available_when_the_fleet_has_copied_the_database(aws: EmbeddedAws) -> None:
    """Until then nothing is restored from it. What is restored begins with the copy, and so names it."""
    rds, copied = database(aws), threading.Event()
    with registered_fleet(aws) as fleet:
        asked: list[tuple[str, Answer]] = []

        def copy(host: str, body: Answer) -> Answer:
            asked.append((host, body))
            copied.wait(60)
            return {}

        fleet.copy = copy
        rds.create_db_snapshot(DBInstanceIdentifier="shop", DBSnapshotIdentifier="before")
        assert snapshot_status(rds, "before") == "creating"
        with aws_refuses("InvalidDBSnapshotState", "creating"):
            rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="copy", DBSnapshotIdentifier="before")
        copied.set()
        eventually(lambda: snapshot_status(rds, "before"), wanted=lambda status: status == "available")
        rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="copy", DBSnapshotIdentifier="before")
        document = state(aws)
        hosts = {each["Identifier"]: each for each in document["Databases"]}
        assert asked[0] == (hosts["shop"]["Host"], {"Name": "before"})
        assert {name: each["RestoredFrom"] for name, each in hosts.items()} == {"shop": "", "copy": "before"}
        assert "before" in document["DatabaseSnapshots"]


def test_a_snapshot_fails_with_its_copy(aws: EmbeddedAws) -> None:
    rds = database(aws)

    def copy(_host: str, _body: Answer) -> Answer:
        raise RuntimeError("disk full")

    with registered_fleet(aws) as fleet:
        fleet.copy = copy
        rds.create_db_snapshot(DBInstanceIdentifier="shop", DBSnapshotIdentifier="before")
        eventually(lambda: snapshot_status(rds, "before"), wanted=lambda status: status == "failed")


def test_a_deleted_database_is_there_until_its_last_snapshot_is_taken(aws: EmbeddedAws) -> None:
    rds, copied = database(aws), threading.Event()
    with registered_fleet(aws) as fleet:
        fleet.copy = lambda _host, _body: {} if copied.wait(60) else None
        rds.delete_db_instance(DBInstanceIdentifier="shop", FinalDBSnapshotIdentifier="last")
        assert [each["Identifier"] for each in state(aws)["Databases"]] == ["shop"]
        copied.set()
        eventually(lambda: snapshot_status(rds, "last"), wanted=lambda status: status == "available")
        assert state(aws)["Databases"] == []
