"""The answers of a creation are repeated until its client confirms them."""

from __future__ import annotations

import json
import urllib.request

from sandbox.tests.emulator.aws_process import EmbeddedAws

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]

_PATH = "/moto-api/creations"


def _create_vpc(aws: EmbeddedAws, cidr: str, *, whose: str = "urn:vpc", call: str = "CreateVpc 1") -> str:
    client = aws.own_client("ec2")
    headers = {"X-Sandbox-Creation": whose, "X-Sandbox-Call": call, "X-Sandbox-Names": '{"name": "vpc-1a2b3c4"}'}
    client.meta.events.register("before-call", lambda params, **_: params["headers"].update(headers))
    return str(client.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"])


def _unconfirmed(aws: EmbeddedAws) -> dict[str, dict[str, str]]:
    with urllib.request.urlopen(f"{aws.url}{_PATH}", timeout=30) as answer:
        names: dict[str, dict[str, str]] = json.loads(answer.read())
    return names


def test_the_same_call_of_a_creation_gets_the_first_answer(aws: EmbeddedAws) -> None:
    """Even if its client was killed: the second one may be another process, with other parameters."""
    first = _create_vpc(aws, "10.0.0.0/16")
    assert _create_vpc(aws, "10.1.0.0/16") == first
    assert len({first, _create_vpc(aws, "10.0.0.0/16", call="CreateVpc 2")}) == 2
    assert len({first, _create_vpc(aws, "10.0.0.0/16", whose="urn:other")}) == 2
    assert _unconfirmed(aws) == {key: {"name": "vpc-1a2b3c4"} for key in ("urn:vpc", "urn:other")}


def test_a_confirmed_creation_is_forgotten(aws: EmbeddedAws) -> None:
    """Its client may want another one of the same name later."""
    first = _create_vpc(aws, "10.0.0.0/16")
    aws.post(_PATH, '["urn:vpc", "urn:unknown"]')
    assert _unconfirmed(aws) == {}
    assert _create_vpc(aws, "10.0.0.0/16") != first


def test_a_refusal_is_not_remembered(aws: EmbeddedAws) -> None:
    """Nothing was made, and the next call may be a better one."""
    try:
        _create_vpc(aws, "nonsense")
    except aws.client("ec2").exceptions.ClientError:
        pass
    assert _unconfirmed(aws) == {}
    assert _create_vpc(aws, "10.0.0.0/16")


def test_an_emptied_aws_remembers_nothing(aws: EmbeddedAws) -> None:
    """What was answered is gone."""
    _create_vpc(aws, "10.0.0.0/16")
    aws.post("/moto-api/reset")
    assert _unconfirmed(aws) == {}
