"""A run that was killed, or that lost an answer of AWS, is continued: what it made is used, nothing is made twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.emulator.creations import CREATIONS
from sandbox.emulator.faults import FAULTS
from sandbox.provider.adapter import Values
from sandbox.provider.protocol import provider_pb2
from sandbox.provider.servicer import Servicer
from sandbox.provider.values import decode, encode
from sandbox.tests.provider.adapter_round_trip import REGION, LoopbackAws, loopback_aws
from sandbox.tests.provider.provider_fake import Made

_SHARE = 0.4
_VPC, _TOPIC, _VOLUME = "aws:ec2/vpc:Vpc", "aws:sns/topic:Topic", "aws:ebs/volume:Volume"


@pytest.fixture
def aws() -> Iterator[LoopbackAws]:
    with loopback_aws() as aws:
        yield aws


class Run:
    """One process of the plugin, for a program with one resource."""

    def __init__(self, aws: LoopbackAws, type: str) -> None:
        self.urn = f"urn:pulumi:prod::shop::{type}::it"
        self.type = type
        self.servicer = Servicer("aws", "1.2.3", {"AWS_ENDPOINT_URL": aws.endpoint, "AWS_REGION": REGION})
        self.servicer.configure(provider_pb2.ConfigureRequest(args=encode({})))

    def check(self, news: Values, olds: Values | None = None) -> Values:
        request = provider_pb2.CheckRequest(
            urn=self.urn, type=self.type, name="it", news=encode(news), olds=encode(olds or {})
        )
        return decode(self.servicer.check(request).inputs)

    def create(self, news: Values) -> Made:
        inputs = self.check(news)
        request = provider_pb2.CreateRequest(urn=self.urn, type=self.type, properties=encode(inputs))
        response = self.servicer.create(request)
        return Made(id=response.id, inputs=inputs, state=decode(response.properties))

    def delete(self, made: Made) -> None:
        self.servicer.delete(
            provider_pb2.DeleteRequest(id=made.id, urn=self.urn, type=self.type, properties=encode(made.state))
        )


def _vpcs(aws: LoopbackAws) -> list[str]:
    found: list[dict[str, Any]] = aws.client("ec2").describe_vpcs()["Vpcs"]
    return [vpc["VpcId"] for vpc in found if not vpc["IsDefault"]]


def test_the_next_run_uses_what_a_killed_one_made(aws: LoopbackAws) -> None:
    """A VPC has no name by which it could be found."""
    made = Run(aws, _VPC).create({"cidrBlock": "10.0.0.0/16"})
    again = Run(aws, _VPC).create({"cidrBlock": "10.0.0.0/16"})
    assert again == made
    assert _vpcs(aws) == [made.id]


def test_a_generated_name_is_kept(aws: LoopbackAws) -> None:
    """Another name would make a second topic."""
    made = Run(aws, _TOPIC).create({})
    assert Run(aws, _TOPIC).create({}) == made


def test_what_was_made_of_other_inputs_is_made_anew(aws: LoopbackAws) -> None:
    """The stack file was edited between the runs."""
    made = Run(aws, _VPC).create({"cidrBlock": "10.0.0.0/16"})
    again = Run(aws, _VPC).create({"cidrBlock": "10.1.0.0/16"})
    assert again.state["cidrBlock"] == "10.1.0.0/16"
    assert _vpcs(aws) == [again.id] != [made.id]


def test_what_is_gone_is_made_anew(aws: LoopbackAws) -> None:
    """Somebody deleted it between the runs."""
    made = Run(aws, _VPC).create({"cidrBlock": "10.0.0.0/16"})
    aws.client("ec2").delete_vpc(VpcId=made.id)
    assert _vpcs(aws) == [] != [Run(aws, _VPC).create({"cidrBlock": "10.0.0.0/16"}).id]


def test_a_lost_answer_is_asked_for_again(aws: LoopbackAws) -> None:
    """boto3 sends the call once more. A second VPC would belong to no stack."""
    seed = next(seed for seed in range(1000) if _is_lost_once(seed))
    run = Run(aws, _VPC)
    FAULTS.set({"Seed": seed, "Lost": _SHARE})
    try:
        made = run.create({"cidrBlock": "10.0.0.0/16"})
        assert FAULTS.describe()["Changes"] > 1
    finally:
        FAULTS.set({})
    assert _vpcs(aws) == [made.id]


def _is_lost_once(seed: int) -> bool:
    """Whether only the first answer of all that a new VPC needs is lost."""
    others = ("CreateVpc 2", *(f"ModifyVpcAttribute {number}" for number in range(1, 6)))
    return _is_lost(seed, "CreateVpc 1") and not any(_is_lost(seed, other) for other in others)


def _is_lost(seed: int, operation: str) -> bool:
    fate = random.Random(f"{seed} {operation}")
    fate.random()
    return fate.random() < _SHARE


def test_a_volume_has_one_last_snapshot_whatever_is_lost(aws: LoopbackAws) -> None:
    """Nothing but its deletion would tell a second one from the first, and both are paid for."""
    run = Run(aws, _VOLUME)
    made = run.create({"availabilityZone": f"{REGION}a", "size": 8, "finalSnapshot": True})
    kept, lost = ("CreateSnapshot 2", "DeleteVolume 1", "DeleteVolume 2"), "CreateSnapshot 1"
    seed = next(each for each in range(1000) if _is_lost(each, lost) and not any(_is_lost(each, one) for one in kept))
    FAULTS.set({"Seed": seed, "Lost": _SHARE})
    try:
        run.delete(made)
        assert FAULTS.describe()["Changes"] == 3
    finally:
        FAULTS.set({})
    filters = [{"Name": "volume-id", "Values": [made.id]}]
    assert len(aws.client("ec2").describe_snapshots(Filters=filters)["Snapshots"]) == 1
    run.servicer.end()
    assert CREATIONS.unconfirmed() == {}


@pytest.mark.parametrize("known_by", ["the end of the run", "the state", "a deletion"])
def test_a_creation_that_the_engine_knows_is_not_continued(aws: LoopbackAws, known_by: str) -> None:
    """It may be about to be replaced, or deleted: then a new resource is wanted."""
    run = Run(aws, _VPC)
    made = run.create({"cidrBlock": "10.0.0.0/16"})
    if known_by == "the end of the run":
        run.servicer.end()
        next_run = Run(aws, _VPC)
    elif known_by == "the state":
        next_run = Run(aws, _VPC)
        next_run.check({"cidrBlock": "10.0.0.0/16"}, olds=made.inputs)
    else:
        deleting = Run(aws, _VPC)
        deleting.delete(made)
        deleting.servicer.end()
        assert CREATIONS.unconfirmed() == {}
        next_run = Run(aws, _VPC)
    assert next_run.create({"cidrBlock": "10.0.0.0/16"}).id != made.id
