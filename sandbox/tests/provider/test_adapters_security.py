"""Adapters of keys, secrets, logs and topics against the embedded AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from sandbox.provider.adapter import Aws
from sandbox.provider.registry import find_adapter, find_function
from sandbox.tests.provider.adapter_round_trip import (
    Case,
    Sample,
    Samples,
    create,
    read,
    round_trip,
    unexercised,
)

SAMPLES = Samples()
TAGS = {"Name": "main", "Client": "client"}
KEY = "aws:kms/key:Key"
SECRET = "aws:secretsmanager/secret:Secret"
SECRET_VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
GET_SECRET_VERSION = "aws:secretsmanager/getSecretVersion:getSecretVersion"


def a_policy(sid: str, action: str, **more: object) -> str:
    principal: Mapping[str, str] = {"AWS": "arn:aws:iam::123456789012:root"}
    statement = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def a_key_arn(aws: Aws) -> str:
    arn: str = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    return arn


def a_secret(aws: Aws, name: str) -> str:
    return create(aws, SECRET, {"name": name})


def a_topic(aws: Aws, name: str) -> str:
    return create(aws, "aws:sns/topic:Topic", {"name": name})


@SAMPLES.case(KEY)
def with_amazons_choices(aws: Aws) -> Case:
    return Case(
        inputs={"tags": TAGS},
        updates=[
            {"description": "of the site", "policy": a_policy("Root", "kms:*")},
            {"enableKeyRotation": True},
            {"isEnabled": False},
            {"isEnabled": True, "enableKeyRotation": False},
        ],
    )


@SAMPLES.case(KEY)
def rotated(aws: Aws) -> Case:
    return Case(
        inputs={
            "description": "of the site",
            "enableKeyRotation": True,
            "rotationPeriodInDays": 180,
            "deletionWindowInDays": 7,
            "policy": a_policy("Root", "kms:*"),
        },
        updates=[{"rotationPeriodInDays": 365}],
    )


@SAMPLES.case("aws:kms/alias:Alias")
def moved_to_another_key(aws: Aws) -> Case:
    keys = [create(aws, KEY, {}) for _ in range(2)]
    return Case(inputs={"name": "alias/site", "targetKeyId": keys[0]}, updates=[{"targetKeyId": keys[1]}])


@SAMPLES.case("aws:cloudwatch/logGroup:LogGroup")
def retained(aws: Aws) -> Case:
    return Case(
        inputs={"name": "/site/flow", "retentionInDays": 30, "logGroupClass": "STANDARD", "tags": TAGS},
        updates=[{"retentionInDays": 0}, {"kmsKeyId": a_key_arn(aws)}, {"kmsKeyId": None, "retentionInDays": 7}],
    )


@SAMPLES.case("aws:cloudwatch/logResourcePolicy:LogResourcePolicy")
def let_route_53_write(aws: Aws) -> Case:
    return Case(
        inputs={"policyName": "queries", "policyDocument": a_policy("Write", "logs:PutLogEvents")},
        updates=[{"policyDocument": a_policy("Create", "logs:CreateLogStream")}],
    )


@SAMPLES.case(SECRET)
def of_a_database(aws: Aws) -> Case:
    return Case(
        inputs={"name": "site/database", "description": "the database's", "kmsKeyId": a_key_arn(aws), "tags": TAGS},
        updates=[
            {"description": "of the database", "kmsKeyId": a_key_arn(aws), "forceOverwriteReplicaSecret": True},
            {"description": None, "policy": a_policy("Read", "secretsmanager:GetSecretValue")},
        ],
    )


@SAMPLES.case(SECRET)
def deleted_at_once(aws: Aws) -> Case:
    return Case(inputs={"name": "site/brief", "recoveryWindowInDays": 0})


@SAMPLES.case(SECRET_VERSION)
def current(aws: Aws) -> Case:
    return Case(
        inputs={"secretId": a_secret(aws, "current"), "secretString": '{"password": "x"}'}, outlives_deletion=True
    )


@SAMPLES.case("aws:sns/topic:Topic")
def of_alarms(aws: Aws) -> Case:
    return Case(
        inputs={"name": "alarms", "displayName": "Alarms", "tags": TAGS},
        updates=[
            {"displayName": "alarms", "kmsMasterKeyId": "alias/aws/sns"},
            {"policy": a_policy("Publish", "sns:Publish")},
            {"displayName": None},
        ],
    )


@SAMPLES.case("aws:sns/topicSubscription:TopicSubscription")
def by_mail(aws: Aws) -> Case:
    return Case(inputs={"topic": a_topic(aws, "mailed"), "protocol": "email", "endpoint": "ops@example.org"})


@SAMPLES.case("aws:sns/topicSubscription:TopicSubscription")
def to_a_queue(aws: Aws) -> Case:
    queue = aws.client("sqs").create_queue(QueueName="alarms")["QueueUrl"]
    arn = f"arn:aws:sqs:{aws.region}:{aws.account_id}:{queue.rpartition('/')[2]}"
    return Case(
        inputs={"topic": a_topic(aws, "queued"), "protocol": "sqs", "endpoint": arn, "rawMessageDelivery": True},
        updates=[
            {"filterPolicy": json.dumps({"level": ["high"]}), "filterPolicyScope": "MessageBody"},
            {
                "rawMessageDelivery": False,
            },
        ],
    )


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: Aws, sample: Sample) -> None:
    """What a program says is what AWS has: at creation, after every update, and nothing is left after deletion."""
    round_trip(aws, sample)


def test_every_property_is_tried(aws: Aws) -> None:
    """A property that no case sets, or that can be updated and never is, would be accepted on trust."""
    assert unexercised(SAMPLES.all, aws) == {}


def test_a_key_is_scheduled_for_the_window_asked_for(aws: Aws) -> None:
    """The window is said to AWS at deletion alone, so it must come out of the state."""
    id = create(aws, KEY, {"deletionWindowInDays": 9})
    key = aws.client("kms").describe_key(KeyId=id)["KeyMetadata"]
    find_adapter(KEY).delete(aws, id, {"deletionWindowInDays": 9})
    end = aws.client("kms").describe_key(KeyId=id)["KeyMetadata"]["DeletionDate"]
    assert (end - key["CreationDate"]).days == 9


def test_an_alias_is_read_in_the_spelling_of_the_program(aws: Aws) -> None:
    """A program may hand over the key's ARN or its id; neither may show up as drift."""
    key = create(aws, KEY, {})
    arn = aws.client("kms").describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    id = create(aws, "aws:kms/alias:Alias", {"name": "alias/spelling", "targetKeyId": arn})
    adapter = find_adapter("aws:kms/alias:Alias")
    for spelling in (key, arn):
        state = adapter.read(aws, id, {"targetKeyId": spelling})
        assert state is not None
        assert state["targetKeyId"] == spelling


def test_replacing_a_secret_version_keeps_the_newer_one_current(aws: Aws) -> None:
    """A new value replaces the version: the new one is made first, and deleting the old one must not touch it."""
    secret_id = a_secret(aws, "rotated")
    old = create(aws, SECRET_VERSION, {"secretId": secret_id, "secretString": "old"})
    new = create(aws, SECRET_VERSION, {"secretId": secret_id, "secretString": "new"})
    find_adapter(SECRET_VERSION).delete(aws, old, {"secretId": secret_id, "secretString": "old"})
    assert aws.client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"] == "new"
    state = read(aws, SECRET_VERSION, new)
    assert state is not None
    assert state["versionStages"] == ["AWSCURRENT"]


def test_a_secret_is_read_by_its_arn(aws: Aws) -> None:
    """As the official provider reads it: the current value, and its id is that of the value."""
    secret_id = a_secret(aws, "read")
    create(aws, SECRET_VERSION, {"secretId": secret_id, "secretString": "old"})
    create(aws, SECRET_VERSION, {"secretId": secret_id, "secretString": "new"})
    found = find_function(GET_SECRET_VERSION)(aws, {"secretId": secret_id, "region": aws.region})
    assert (found["id"], found["arn"], found["secretString"]) == (f"{secret_id}|AWSCURRENT", secret_id, "new")
    assert found["versionStages"] == ["AWSCURRENT"]


def test_a_secret_without_a_value_or_that_is_being_deleted_is_not_read(aws: Aws) -> None:
    """In the words that the official provider was measured to say. It asks in the secret's region."""
    get_secret_version = find_function(GET_SECRET_VERSION)
    empty, deleted = a_secret(aws, "empty"), a_secret(aws, "deleted")
    create(aws, SECRET_VERSION, {"secretId": deleted, "secretString": "value"})
    aws.client("secretsmanager").delete_secret(SecretId=deleted)
    for arguments in ({"secretId": empty}, {"secretId": f"{empty}x"}, {"secretId": empty, "region": "eu-central-1"}):
        with pytest.raises(ValueError, match=r"reading Secrets Manager Secret Version .*: couldn't find resource"):
            get_secret_version(aws, arguments)
    with pytest.raises(ValueError, match="InvalidRequestException"):
        get_secret_version(aws, {"secretId": deleted})
    with pytest.raises(ValueError, match="got versionId"):
        get_secret_version(aws, {"secretId": deleted, "versionId": "1"})
