"""Adapters of load balancers, against the embedded AWS."""

from __future__ import annotations

import pytest

from sandbox.provider.adapter import Aws, Values
from sandbox.provider.registry import find_adapter
from sandbox.tests.certificates import self_signed
from sandbox.tests.provider.adapter_round_trip import (
    Case,
    LoopbackAws,
    Sample,
    Samples,
    create,
    read,
    round_trip,
)
from sandbox.tests.provider.networks import security_groups, subnets, vpc_of

SAMPLES = Samples()
TAGS = {"Owner": "agency", "Client": "client"}
LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
RULE = "aws:lb/listenerRule:ListenerRule"
MAINTENANCE = {"type": "fixed-response", "fixedResponse": {"contentType": "text/html", "statusCode": "503"}}


def load_balancer(aws: Aws, name: str) -> str:
    return create(aws, LOAD_BALANCER, {"name": name, "subnets": subnets(aws)})


def target_group(aws: Aws, name: str) -> str:
    answer = aws.client("elbv2").create_target_group(
        Name=name, Port=80, Protocol="HTTP", VpcId=vpc_of(aws, subnets(aws)[0])
    )
    return str(answer["TargetGroups"][0]["TargetGroupArn"])


def listener(aws: Aws, name: str) -> str:
    inputs = {"loadBalancerArn": load_balancer(aws, name), "port": 80, "defaultActions": [MAINTENANCE]}
    return create(aws, LISTENER, inputs)


def certificate(aws: Aws, name: str) -> str:
    pair = self_signed(name)
    inputs = {"certificateBody": pair.certificate, "privateKey": pair.private_key}
    return create(aws, "aws:acm/certificate:Certificate", inputs)


@SAMPLES.case(LOAD_BALANCER)
def public_load_balancer(aws: Aws) -> Case:
    first, second, third = subnets(aws)
    one, two = security_groups(aws, first)
    logs = {"bucket": "client-magento-elb-logs", "prefix": "alb", "enabled": True}
    return Case(
        inputs={
            "name": "public",
            "internal": False,
            "loadBalancerType": "application",
            "subnets": [first, second],
            "securityGroups": [one],
            "accessLogs": logs,
            "dropInvalidHeaderFields": True,
            "enableDeletionProtection": True,
            "idleTimeout": 120,
            "desyncMitigationMode": "strictest",
            "tags": TAGS,
        },
        updates=[
            {"subnets": [first, second, third], "securityGroups": [two]},
            {"accessLogs": {**logs, "prefix": "front"}},
            {"accessLogs": None},
            {"dropInvalidHeaderFields": False, "idleTimeout": 60, "enableHttp2": False},
            {"desyncMitigationMode": "defensive"},
            {"enableDeletionProtection": False},
        ],
    )


@SAMPLES.case(LOAD_BALANCER)
def internal_load_balancer(aws: Aws) -> Case:
    return Case(inputs={"name": "internal", "internal": True, "subnets": subnets(aws)[:2]})


@SAMPLES.case(LISTENER)
def redirect_to_https(aws: Aws) -> Case:
    to_https = {"type": "redirect", "redirect": {"port": "443", "protocol": "HTTPS", "statusCode": "HTTP_301"}}
    return Case(
        inputs={
            "loadBalancerArn": load_balancer(aws, "redirecting"),
            "port": 80,
            "protocol": "HTTP",
            "defaultActions": [to_https],
            "tags": TAGS,
        },
        updates=[{"defaultActions": [MAINTENANCE]}, {"port": 8080}],
    )


@SAMPLES.case(LISTENER)
def https(aws: Aws) -> Case:
    first, second = target_group(aws, "blue"), target_group(aws, "green")
    both = {
        "targetGroups": [{"arn": first, "weight": 9}, {"arn": second}],
        "stickiness": {"duration": 60, "enabled": True},
    }
    return Case(
        inputs={
            "loadBalancerArn": load_balancer(aws, "encrypting"),
            "port": 443,
            "protocol": "HTTPS",
            "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "certificateArn": certificate(aws, "www.client.url"),
            "defaultActions": [{"type": "forward", "targetGroupArn": first}],
        },
        updates=[
            {"certificateArn": certificate(aws, "next.client.url")},
            {"sslPolicy": "ELBSecurityPolicy-TLS13-1-3-2021-06"},
            {"defaultActions": [{"type": "forward", "forward": both}]},
        ],
    )


@SAMPLES.case(RULE)
def back_office(aws: Aws) -> Case:
    forward = {"type": "forward", "targetGroupArn": target_group(aws, "back-office")}
    host = {"hostHeader": {"values": ["www.client.url", "client.url"]}}
    path = {"pathPattern": {"values": ["/backend/*"]}}
    return Case(
        inputs={
            "listenerArn": listener(aws, "ruled"),
            "priority": 10,
            "conditions": [path, host],
            "actions": [forward],
            "tags": TAGS,
        },
        updates=[
            {"priority": 5},
            {"conditions": [host, {"sourceIp": {"values": ["192.0.2.0/24"]}}]},
            {"conditions": [{"httpHeader": {"httpHeaderName": "X-Release", "values": ["next"]}}]},
            {
                "conditions": [
                    {"httpRequestMethod": {"values": ["GET"]}},
                    {"queryStrings": [{"key": "v", "value": "2"}]},
                ]
            },
            {"actions": [MAINTENANCE]},
            {"actions": [{"type": "redirect", "redirect": {"host": "www.client.url", "statusCode": "HTTP_302"}}]},
        ],
    )


@SAMPLES.case(RULE)
def last_of_all(aws: Aws) -> Case:
    condition = {"pathPattern": {"values": ["/*"]}}
    return Case(
        inputs={"listenerArn": listener(aws, "last"), "conditions": [condition], "actions": [MAINTENANCE]},
    )


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: LoopbackAws, sample: Sample) -> None:
    """What a program says is what AWS has: at creation, after every update, and nothing is left after deletion."""
    round_trip(aws, sample)


def test_a_rule_without_priority_comes_last(aws: LoopbackAws) -> None:
    """As with the official provider: after the highest that is taken."""
    inputs = {
        "listenerArn": listener(aws, "priorities"),
        "conditions": [{"pathPattern": {"values": ["/*"]}}],
        "actions": [MAINTENANCE],
    }
    create(aws, RULE, {**inputs, "priority": 40})
    state = read(aws, RULE, create(aws, RULE, inputs))
    assert state is not None
    assert (state["priority"], state["listenerArn"]) == (41, inputs["listenerArn"])


def test_a_forward_keeps_the_spelling_of_the_program(aws: LoopbackAws) -> None:
    """AWS answers a target group both plainly and as a list of one; the program wrote one of them."""
    group = target_group(aws, "spelled")
    plain: Values = {"type": "forward", "targetGroupArn": group}
    listed: Values = {"type": "forward", "order": 1, "forward": {"targetGroups": [{"arn": group, "weight": 1}]}}
    base = {"loadBalancerArn": load_balancer(aws, "spelling"), "protocol": "HTTP"}
    for port, action in ((80, plain), (81, listed)):
        inputs = {**base, "port": port, "defaultActions": [action]}
        state = find_adapter(LISTENER).read(aws, create(aws, LISTENER, inputs), inputs)
        assert state is not None
        assert state["defaultActions"] == [action]


@pytest.mark.parametrize(
    ("token", "inputs", "property"),
    [
        (RULE, {"conditions": [{"hostHeader": {"values": ["a"]}, "pathPattern": {"values": ["/"]}}]}, "conditions[0]"),
        (RULE, {"actions": [{"type": "authenticate-oidc", "authenticateOidc": {}}]}, "actions[0].authenticateOidc"),
    ],
)
def test_what_aws_would_refuse_is_refused_at_preview(token: str, inputs: Values, property: str) -> None:
    """A combination that cannot be, and a nested property that is not handled, name the property at fault."""
    assert [path for path, _ in find_adapter(token).check(inputs)] == [property]
