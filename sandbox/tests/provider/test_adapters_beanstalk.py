"""Adapters of Elastic Beanstalk, against the embedded AWS."""

from __future__ import annotations

import json
import urllib.request

import pytest

from sandbox.provider.adapter import Aws, Values
from sandbox.provider.aws.elasticbeanstalk import settings
from sandbox.provider.aws.elasticbeanstalk.readiness import EnvironmentFailedError
from sandbox.provider.registry import find_adapter, find_function
from sandbox.tests.provider.adapter_round_trip import (
    Case,
    LoopbackAws,
    Sample,
    Samples,
    create,
    read,
    round_trip,
)

SAMPLES = Samples()
TAGS = {"Owner": "agency", "Client": "client"}
APPLICATION = "aws:elasticbeanstalk/application:Application"
ENVIRONMENT = "aws:elasticbeanstalk/environment:Environment"
VERSION = "aws:elasticbeanstalk/applicationVersion:ApplicationVersion"
STACK = "PHP 8.4"
EMPTY_ZIP = b"PK\x05\x06" + bytes(18)
BALANCED = {"namespace": "aws:elasticbeanstalk:environment", "name": "LoadBalancerType", "value": "application"}


def application(aws: Aws, name: str) -> str:
    return create(aws, APPLICATION, {"name": name})


def version(aws: Aws, application: str, label: str, bucket: str) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws.region})
    s3.put_object(Bucket=bucket, Key="shop.zip", Body=EMPTY_ZIP)
    aws.client("elasticbeanstalk").create_application_version(
        ApplicationName=application, VersionLabel=label, SourceBundle={"S3Bucket": bucket, "S3Key": "shop.zip"}
    )


def platform(aws: Aws) -> str:
    found = find_function("aws:elasticbeanstalk/getSolutionStack:getSolutionStack")(
        aws, {"nameRegex": f"^64bit Amazon Linux 2023 .* running {STACK}$", "mostRecent": True}
    )
    return str(found["name"])


@SAMPLES.case(APPLICATION)
def shop(aws: Aws) -> Case:
    role = "arn:aws:iam::123456789012:role/beanstalk"
    return Case(
        inputs={
            "name": "shop",
            "description": "the shop",
            "appversionLifecycle": {"serviceRole": role, "maxCount": 20, "deleteSourceFromS3": True},
            "tags": TAGS,
        },
        updates=[
            {"description": "Magento"},
            {"description": None},
            {"appversionLifecycle": {"serviceRole": role, "maxAgeInDays": 90}},
            {"appversionLifecycle": None},
        ],
    )


@SAMPLES.case(VERSION)
def first_version(aws: Aws) -> Case:
    name = application(aws, "versioned")
    version(aws, name, "other", "versioned")
    return Case(
        inputs={
            "application": name,
            "name": "placeholder",
            "bucket": "versioned",
            "key": "shop.zip",
            "description": "before the first release",
            "tags": TAGS,
        },
        updates=[{"description": "a page"}, {"description": None}],
    )


@SAMPLES.case(ENVIRONMENT)
def plain_environment(aws: Aws) -> Case:
    name = application(aws, "plain")
    for label in ("one", "two"):
        version(aws, name, label, f"plain-{label}")
    stack = platform(aws)
    return Case(
        inputs={
            "application": name,
            "name": "plain-front",
            "description": "front",
            "solutionStackName": stack,
            "cnamePrefix": "plain-front",
            "settings": [BALANCED, {"namespace": "aws:autoscaling:asg", "name": "MaxSize", "value": "2"}],
            "tier": "WebServer",
            "version": "one",
            "waitForReadyTimeout": "10m",
            "tags": TAGS,
        },
        updates=[
            {"version": "two"},
            # AWS takes a version and options in two updates.
            {
                "version": "one",
                "settings": [{"namespace": "aws:autoscaling:asg", "name": "MaxSize", "value": "5"}, BALANCED],
            },
            {"settings": [{"namespace": "aws:autoscaling:asg", "name": "MaxSize", "value": "3"}, BALANCED]},
            {"description": "the front"},
            {"solutionStackName": stack.replace(STACK, "PHP 8.5")},
            {"waitForReadyTimeout": "1h30m"},
        ],
    )


def environment(aws: Aws, name: str, option_settings: list[Values]) -> tuple[str, Values]:
    inputs = {
        "application": application(aws, name),
        "name": name,
        "solutionStackName": platform(aws),
        "settings": option_settings,
        "tier": "WebServer",
        "waitForReadyTimeout": "5m",
    }
    return create(aws, ENVIRONMENT, inputs), inputs


def setting(namespace: str, name: str, value: str) -> Values:
    return {"namespace": f"aws:{namespace}", "name": name, "value": value}


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: LoopbackAws, sample: Sample) -> None:
    """What a program says is what AWS has: at creation, after every update, and nothing is left after deletion."""
    round_trip(aws, sample)


def test_settings_are_set_changed_and_taken_back(aws: LoopbackAws) -> None:
    """Of the hundreds of options only those that the program lists are its own: a listed one shows drift, and one that
    it no longer lists goes back to AWS's default."""
    adapter = find_adapter(ENVIRONMENT)
    size = setting("autoscaling:asg", "MinSize", "2")
    variable = setting("elasticbeanstalk:application:environment", "MAGE_MODE", "production")
    document = setting("elasticbeanstalk:healthreporting:system", "ConfigDocument", '{"Version": 1, "Rules": {}}')
    policy = setting("elasticbeanstalk:command", "DeploymentPolicy", "Rolling")
    first = [size, setting("autoscaling:asg", "MaxSize", "4"), variable, document, policy]
    id, inputs = environment(aws, "settled", [*first, BALANCED])
    state = adapter.read(aws, id, inputs)
    assert state is not None
    assert state["settings"] == [*first, BALANCED]
    assert len(state["allSettings"]) > len(first)

    changed = [
        {**size, "value": "1"},
        *first[1:2],
        *first[3:],
        BALANCED,
        setting("elasticbeanstalk:command", "BatchSize", "1"),
    ]
    adapter.update(aws, id, {**state, **inputs}, {**inputs, "settings": changed}, frozenset({"settings"}))
    after = adapter.read(aws, id, {**inputs, "settings": changed})
    assert after is not None
    assert after["settings"] == changed
    assert "MAGE_MODE" not in {option["name"] for option in after["allSettings"]}

    aws.client("elasticbeanstalk").update_environment(
        EnvironmentId=id,
        OptionSettings=[{"Namespace": "aws:autoscaling:asg", "OptionName": "MaxSize", "Value": "8"}],
    )
    drifted = adapter.read(aws, id, {**inputs, "settings": changed})
    assert drifted is not None
    assert [s["value"] for s in drifted["settings"] if s["name"] == "MaxSize"] == ["8"]


@pytest.mark.parametrize(
    ("name", "said", "live", "read_as"),
    [
        ("Subnets", "subnet-2,subnet-1", "subnet-1,subnet-2", "subnet-2,subnet-1"),
        ("Subnets", "subnet-2,subnet-1", "subnet-1,subnet-3", "subnet-1,subnet-3"),
        ("ConfigDocument", '{"a": 1, "b": 2}', '{"b":2,"a":1}', '{"a": 1, "b": 2}'),
        ("ConfigDocument", '{"a": 1}', '{"a":2}', '{"a":2}'),
        ("ConfigDocument", '{"a": 1}', "{broken", "{broken"),
        ("DeploymentPolicy", "a,b", "b,a", "b,a"),
    ],
)
def test_a_setting_spelled_otherwise_is_the_same_setting(name: str, said: str, live: str, read_as: str) -> None:
    """AWS gives lists and documents back in its own layout, which is no drift; any other difference is."""
    answer = {"Namespace": "aws:x", "OptionName": name, "Value": live}
    listed = {"namespace": "aws:x", "name": name, "value": said}
    assert settings.managed([answer], [listed]) == [{**listed, "value": read_as}]


def test_an_environment_tells_what_it_is_made_of(aws: LoopbackAws) -> None:
    """The alarms and dashboards need its groups, and people its address."""
    id, _ = environment(aws, "made-of", [BALANCED])
    state = read(aws, ENVIRONMENT, id)
    assert state is not None
    assert len(state["autoscalingGroups"]) == 1
    assert state["instances"]
    assert state["loadBalancers"]
    assert state["cname"].endswith(".elasticbeanstalk.com")
    assert state["endpointUrl"]
    assert id.startswith("e-")


def test_one_label_in_two_applications_is_two_versions(aws: LoopbackAws) -> None:
    """A read needs the application; without it, as for an import, it refuses to guess."""
    adapter = find_adapter(VERSION)
    for name in ("left", "right"):
        version(aws, application(aws, name), "twofold", name)
    state = adapter.read(aws, "twofold", {"application": "right"})
    assert state is not None
    assert state["bucket"] == "right"
    with pytest.raises(ValueError, match="got versions of left, right, expected one"):
        adapter.read(aws, "twofold", {})


def test_an_environment_that_is_not_ready_in_time_fails_with_its_status(aws: LoopbackAws) -> None:
    """The wait is the program's waitForReadyTimeout, as with the official provider, and no other timeout."""
    adapter = find_adapter(ENVIRONMENT)
    id, inputs = environment(aws, "slow", [BALANCED])
    version(aws, "slow", "next", "slow")
    control(aws, {"SecondsPerBatch": 30})
    try:
        with pytest.raises(TimeoutError, match=r"not ready after 0.2s \(waitForReadyTimeout\), but Updating"):
            adapter.update(
                aws, id, inputs, {**inputs, "version": "next", "waitForReadyTimeout": "0.2s"}, frozenset({"version"})
            )
    finally:
        control(aws, {"SecondsPerBatch": 0})


def control(aws: LoopbackAws, body: Values) -> None:
    """Tell the embedded Elastic Beanstalk how to behave."""
    request = urllib.request.Request(
        f"{aws.endpoint}/moto-api/elasticbeanstalk",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request).close()


def test_a_failed_deployment_fails_the_update_with_what_the_environment_reported(aws: LoopbackAws) -> None:
    """Ready is not success: the errors since the update began are the answer, older ones are not."""
    adapter = find_adapter(ENVIRONMENT)
    id, inputs = environment(aws, "failing", [BALANCED])
    version(aws, "failing", "bad", "failing")
    failure = {"EnvironmentName": "failing", "Message": "composer ran out of memory on {instance}"}
    control(aws, {"Failures": [failure]})
    with pytest.raises(EnvironmentFailedError, match="composer ran out of memory on i-"):
        adapter.update(aws, id, inputs, {**inputs, "version": "bad"}, frozenset({"version"}))
    version(aws, "failing", "good", "mended")
    adapter.update(aws, id, inputs, {**inputs, "version": "good"}, frozenset({"version"}))
    state = read(aws, ENVIRONMENT, id)
    assert state is not None
    assert state["version"] == "good"


@pytest.mark.parametrize(
    ("token", "inputs", "property"),
    [
        (ENVIRONMENT, {"tier": "Webserver"}, "tier"),
        (ENVIRONMENT, {"tags": {"Name": "front"}}, "tags.Name"),
        (APPLICATION, {"tags": {"Name": "shop"}}, "tags.Name"),
        (VERSION, {"tags": {"Name": "first"}}, "tags.Name"),
        (ENVIRONMENT, {"waitForReadyTimeout": "20 minutes"}, "waitForReadyTimeout"),
        (ENVIRONMENT, {"solutionStackName": "x", "platformArn": "y"}, "platformArn"),
        (APPLICATION, {"appversionLifecycle": {"maxCount": 1, "maxAgeInDays": 1}}, "appversionLifecycle.maxCount"),
    ],
)
def test_what_aws_would_refuse_is_refused_at_preview(token: str, inputs: Values, property: str) -> None:
    """A combination that cannot be, and a nested property that is not handled, name the property at fault."""
    assert [path for path, _ in find_adapter(token).check(inputs)] == [property]


def test_a_solution_stack_is_found_by_its_name(aws: LoopbackAws) -> None:
    """One match, or the newest of several; none and several are errors that show the expression."""
    find = find_function("aws:elasticbeanstalk/getSolutionStack:getSolutionStack")
    assert platform(aws).endswith(f"running {STACK}")
    with pytest.raises(ValueError, match="no solution stack matches 'COBOL'"):
        find(aws, {"nameRegex": "COBOL"})
    with pytest.raises(ValueError, match="solution stacks match 'PHP'"):
        find(aws, {"nameRegex": "PHP"})
