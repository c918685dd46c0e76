"""The embedded AWS as a server: how it starts and ends, how it refuses, and S3 as Pulumi's state backend uses it."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sandbox.tests.emulator.aws_process import REGION, EmbeddedAws, end, start
from sandbox.tests.emulator.images import image_id
from sandbox.tests.refusals import aws_refuses

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]


@pytest.mark.long
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_ends_cleanly_on_a_signal_even_with_an_open_connection(tmp_path: Path, by: signal.Signals) -> None:
    """Exit status 0 on SIGTERM and Ctrl-C; a client that keeps its connection open does not hold it up."""
    server = start(tmp_path, "--port", "0")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/moto-api/data.json")
    connection.getresponse().read()
    assert end(server, by) == 0
    connection.close()


def test_listens_on_the_loopback_interface_only(server: EmbeddedAws) -> None:
    """The embedded AWS does not authenticate its callers, so only this machine may reach it.

    On one port, and on another once a test has started a session of Session Manager.
    """
    listening = server.listening()
    assert ("127.0.0.1", server.port) in listening
    assert {host for host, _ in listening} == {"127.0.0.1"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_refuses_another_interface(host: str) -> None:
    """Another address is an error."""
    refused = subprocess.run(
        [sys.executable, "-m", "sandbox.emulator", "--host", host], capture_output=True, text=True, timeout=30
    )
    assert refused.returncode == 2
    assert "invalid choice" in refused.stderr


def test_says_so_when_the_port_is_taken(server: EmbeddedAws) -> None:
    """A second server on the port ends with an error that names the address."""
    refused = subprocess.run(
        [sys.executable, "-m", "sandbox.emulator", "--port", str(server.port)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert refused.returncode == 1
    assert f"cannot listen on 127.0.0.1:{server.port}" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_keeps_connections_open(aws: EmbeddedAws) -> None:
    """HTTP/1.1: the second request travels on the connection of the first."""
    connection = http.client.HTTPConnection("127.0.0.1", aws.port, timeout=30)
    connection.request("GET", "/moto-api/data.json")
    connection.getresponse().read()
    first = connection.sock
    connection.request("GET", "/moto-api/data.json")
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200
    assert connection.sock is first is not None
    connection.close()


UNKNOWN = [
    ("ec2", "describe_scheduled_instances", {}, "ec2.DescribeScheduledInstances"),
    ("rds", "describe_reserved_db_instances", {}, "rds.DescribeReservedDBInstances"),
    ("elbv2", "describe_trust_stores", {}, "elbv2.DescribeTrustStores"),
    ("elasticbeanstalk", "list_platform_branches", {}, "elasticbeanstalk.ListPlatformBranches"),
    ("cloudwatch", "describe_alarm_history", {}, "cloudwatch.DescribeAlarmHistory"),
    (
        "sqs",
        "list_message_move_tasks",
        {"SourceArn": "arn:aws:sqs:eu-west-3:123456789012:q"},
        "sqs.ListMessageMoveTasks",
    ),
    ("backup", "list_protected_resources", {}, "backup.ListProtectedResources"),
    ("opensearch", "list_applications", {}, "opensearch.ListApplications"),
    ("route53", "list_traffic_policies", {}, "route53.ListTrafficPolicies"),
    ("gamelift", "list_builds", {}, "gamelift.ListBuilds"),
]


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(aws: EmbeddedAws, bucket: str) -> None:
    """boto3 asks before each object. Without an answer it would wait for a second."""
    signed = f"AWS4-HMAC-SHA256 Credential=test/20261126/{REGION}/s3/aws4_request, SignedHeaders=host, Signature=none"
    head = f"PUT /{bucket}/asked HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {signed}\r\nContent-Length: 5\r\n"
    with socket.create_connection(("127.0.0.1", aws.port), timeout=30) as connection:
        connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hello")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("sent", [b"", b"hel"])
def test_a_request_that_was_not_whole_is_not_carried_out(aws: EmbeddedAws, bucket: str, sent: bytes) -> None:
    """Its client was killed while it sent it: there is no half of an object."""
    signed = f"AWS4-HMAC-SHA256 Credential=test/20261126/{REGION}/s3/aws4_request, SignedHeaders=host, Signature=none"
    head = f"PUT /{bucket}/cut HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {signed}\r\nContent-Length: 5\r\n\r\n"
    for body, there in ((sent, False), (b"hello", True)):
        with socket.create_connection(("127.0.0.1", aws.port), timeout=30) as connection:
            connection.sendall(head.encode() + body)
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200") is there
        found = aws.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
        assert [each["Key"] for each in found] == (["cut"] if there else [])


@pytest.mark.parametrize(("service", "operation", "parameters", "named"), UNKNOWN, ids=[row[3] for row in UNKNOWN])
def test_refuses_an_unknown_operation_at_once(
    server: EmbeddedAws, service: str, operation: str, parameters: dict[str, Any], named: str
) -> None:
    """A client of any protocol understands the refusal, which names service and operation, and does not retry it."""
    with aws_refuses("InvalidAction", f"^{named}: the embedded AWS does not have this operation$") as caught:
        getattr(server.own_client(service, retries={"max_attempts": 5}), operation)(**parameters)
    answer = caught.value.response["ResponseMetadata"]
    assert (answer["HTTPStatusCode"], answer["RetryAttempts"]) == (400, 0)


def test_many_clients_at_once(aws: EmbeddedAws) -> None:
    """moto's backends are not thread-safe: without a lock around each request, topics would be lost."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: aws.client("sns").create_topic(Name=f"topic-{n}"), range(24)))
    assert len(aws.client("sns").list_topics()["Topics"]) == 24


MANAGED_POLICIES = [
    "AWSElasticBeanstalkWebTier",
    "service-role/AWSElasticBeanstalkEnhancedHealth",
    "AWSElasticBeanstalkManagedUpdatesCustomerRolePolicy",
    "AmazonSSMManagedEC2InstanceDefaultPolicy",
    "service-role/AmazonRDSEnhancedMonitoringRole",
    "CloudWatchAgentServerPolicy",
]


@pytest.mark.parametrize("name", MANAGED_POLICIES)
def test_aws_managed_policies_attach_and_are_found(aws: EmbeddedAws, name: str) -> None:
    """AWS's managed policies exist, with their documents."""
    iam, arn = aws.client("iam"), f"arn:aws:iam::aws:policy/{name}"
    iam.create_role(RoleName="role", AssumeRolePolicyDocument="{}")
    iam.attach_role_policy(RoleName="role", PolicyArn=arn)
    assert [p["PolicyArn"] for p in iam.list_attached_role_policies(RoleName="role")["AttachedPolicies"]] == [arn]
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    version = iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    assert version["Document"]["Statement"]


@pytest.mark.parametrize("name", ["NoSuchPolicy", "AmazonRDSEnhancedMonitoringRole"])
def test_a_policy_that_aws_does_not_have_cannot_be_attached(aws: EmbeddedAws, name: str) -> None:
    """A misspelt name, or one without its path, is refused as AWS refuses it."""
    iam = aws.client("iam")
    iam.create_role(RoleName="role", AssumeRolePolicyDocument="{}")
    with aws_refuses("NoSuchEntity", "does not exist or is not attachable"):
        iam.attach_role_policy(RoleName="role", PolicyArn=f"arn:aws:iam::aws:policy/{name}")


@pytest.fixture
def bucket(aws: EmbeddedAws) -> str:
    """A bucket as the bootstrap makes it for Pulumi's state: versioned, encrypted, private."""
    s3, name = aws.client("s3"), "state-bucket"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    everything = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=everything)
    return name


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_s3_holds_versioned_objects_in_either_address_style(aws: EmbeddedAws, bucket: str, style: str) -> None:
    """As Pulumi's S3 backend uses it: put twice, list, get and delete."""
    s3 = aws.own_client("s3", s3={"addressing_style": style})
    s3.put_object(Bucket=bucket, Key=".pulumi/stacks/magento/prod.json", Body=b"one")
    s3.put_object(Bucket=bucket, Key=".pulumi/stacks/magento/prod.json", Body=b"two")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/.pulumi/stacks/magento/prod.json")
    versions = s3.list_object_versions(Bucket=bucket, Prefix=".pulumi/")["Versions"]
    assert len(versions) == 2
    oldest = next(version for version in versions if not version["IsLatest"])
    got = s3.get_object(Bucket=bucket, Key=oldest["Key"], VersionId=oldest["VersionId"])
    assert got["Body"].read() == b"one"
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"two"
    s3.delete_object(Bucket=bucket, Key=oldest["Key"])
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["copy"]


def test_presigned_addresses_work_without_credentials(aws: EmbeddedAws, bucket: str) -> None:
    """Anyone with the address can upload and download."""
    s3 = aws.own_client("s3", signature_version="s3v4")
    about = {"Bucket": bucket, "Key": "bundle.zip"}
    put = urllib.request.Request(
        s3.generate_presigned_url("put_object", Params=about),
        data=b"zip",
        headers={"Content-Type": "application/zip"},
        method="PUT",
    )
    with urllib.request.urlopen(put, timeout=30) as answer:
        assert answer.status == 200
    with urllib.request.urlopen(s3.generate_presigned_url("get_object", Params=about), timeout=30) as answer:
        assert answer.read() == b"zip"


def test_a_big_object_survives_the_way(aws: EmbeddedAws, bucket: str) -> None:
    """A multipart upload, as source bundles take, comes back byte by byte."""
    s3 = aws.client("s3")
    parts = [bytes([n]) * (5 * 2**20) for n in range(3)]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]
    done = []
    for number, body in enumerate(parts, start=1):
        part = s3.upload_part(Bucket=bucket, Key="big", UploadId=upload, PartNumber=number, Body=body)
        done.append({"PartNumber": number, "ETag": part["ETag"]})
    s3.complete_multipart_upload(Bucket=bucket, Key="big", UploadId=upload, MultipartUpload={"Parts": done})
    assert s3.get_object(Bucket=bucket, Key="big")["Body"].read() == b"".join(parts)


def test_an_auto_scaling_group_spreads_over_its_subnets(aws: EmbeddedAws) -> None:
    """An instance starts in the subnet with the fewest of them, with everything in the launch template."""
    ec2, autoscaling, iam = aws.client("ec2"), aws.client("autoscaling"), aws.client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("abc")
    ]
    iam.create_instance_profile(InstanceProfileName="profile")
    image = image_id(ec2)
    ec2.create_launch_template(
        LaunchTemplateName="template",
        LaunchTemplateData={
            "ImageId": image,
            "InstanceType": "t3.micro",
            "IamInstanceProfile": {"Name": "profile"},
            "MetadataOptions": {"HttpTokens": "required"},
        },
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="group",
        LaunchTemplate={"LaunchTemplateName": "template", "Version": "$Latest"},
        MinSize=4,
        MaxSize=4,
        VPCZoneIdentifier=",".join(subnets),
    )
    reservations = ec2.describe_instances()["Reservations"]
    instances = [instance for reservation in reservations for instance in reservation["Instances"]]
    assert sorted(instance["SubnetId"] for instance in instances) == sorted([*subnets, subnets[0]])
    assert {instance["IamInstanceProfile"]["Arn"].rpartition("/")[2] for instance in instances} == {"profile"}
    metadata = [(each["MetadataOptions"]["HttpTokens"], each["MetadataOptions"]["HttpEndpoint"]) for each in instances]
    assert set(metadata) == {("required", "enabled")}
