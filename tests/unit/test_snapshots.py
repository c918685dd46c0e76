"""What the program declares for both stacks is what the repository recorded, so a review shows each change of it."""

from __future__ import annotations

import dataclasses
import functools

import pulumi
import pulumi_aws as aws
import pulumi_random as random
import pytest
import yaml

from tests.unit import snapshots
from tests.unit.program import build, program
from tests.unit.snapshots.blocks import documents
from tests.unit.test_graph_invariants import SHORTEST_SECRET, secret_texts

LARGEST = 1024 * 1024


@functools.cache
def declared(stack: str) -> dict[str, str]:
    """The files that a stack would be recorded in now."""
    return documents(program(stack))


@pytest.mark.parametrize("stack", snapshots.STACKS)
def test_the_program_declares_what_was_recorded(stack: str) -> None:
    """A change of the graph is either meant, and then recorded and reviewed, or a mistake."""
    if changed := snapshots.difference(snapshots.recorded(stack), declared(stack)):
        pytest.fail(
            f"{changed}\nIf these changes of {stack} are meant, run `{snapshots.COMMAND}` and commit what it writes.",
            pytrace=False,
        )


@pytest.mark.parametrize("stack", snapshots.STACKS)
def test_no_secret_is_recorded(stack: str) -> None:
    secrets = secret_texts(program(stack))
    assert secrets
    for name, text in snapshots.recorded(stack).items():
        assert not [secret for secret in secrets if secret in text], name
        assert "PRIVATE KEY" not in text, name


@pytest.mark.parametrize("stack", snapshots.STACKS)
def test_every_resource_has_a_block(stack: str) -> None:
    """No resource is hidden by another one of its name; a file is YAML, and small enough to review."""
    files = declared(stack)
    blocks = [block for text in files.values() for block in yaml.load(text, yaml.CSafeLoader).values()]
    assert sum("type" in block for block in blocks) == len(program(stack).resources)
    assert sum(map(len, files.values())) < LARGEST


def _recorded(program: object) -> str:
    """The block of each resource in a small program."""
    return "".join(documents(build(program)).values())  # type: ignore[arg-type]


def test_what_comes_from_another_resource_goes_by_its_name() -> None:
    """In a plain input, inside a policy document, and inside a secret document."""

    def small() -> None:
        topic = aws.sns.Topic("news")
        password = random.RandomPassword("pass", length=SHORTEST_SECRET)
        document = topic.arn.apply(lambda arn: f'{{"Statement": [{{"Resource": "{arn}"}}]}}')
        aws.sns.TopicSubscription("mail", topic=topic.arn, protocol="email", endpoint="a@client.url")
        aws.sns.TopicPolicy("policy", arn=topic.arn, policy=document)
        aws.secretsmanager.SecretVersion(
            "version", secret_id="s", secret_string=password.result.apply(lambda text: f'{{"password": "{text}"}}')
        )

    text = _recorded(small)
    assert "topic: ${news.arn}" in text
    assert "- Resource: ${news.arn}" in text
    assert "secretString (secret):\n      password: ${pass.result}" in text


def test_a_secret_without_a_name_is_hidden() -> None:
    def small() -> None:
        aws.secretsmanager.SecretVersion("version", secret_id="s", secret_string=pulumi.Output.secret("open sesame"))

    text = _recorded(small)
    assert "secretString: <secret>" in text
    assert "sesame" not in text


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"protect": True}, "+  protect: true"),
        ({"retain_on_delete": True}, "+  retain_on_delete: true"),
        ({"ignore_changes": ("tags",)}, "+  ignore_changes:"),
        ({"dependencies": frozenset({"urn:a::b::c::added"})}, "+  - added"),
        ({"inputs": {"cidrBlock": "10.0.0.0/16", "enableDnsSupport": False}}, "+    enableDnsSupport: false"),
        ({"type": "aws:ec2/other:Other"}, "+  type: aws:ec2/other:Other"),
    ],
)
def test_a_change_is_in_the_difference(change: dict[str, object], line: str) -> None:
    """Options as well as inputs."""
    before = build(lambda: aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16"))
    [vpc] = before.resources
    after = dataclasses.replace(before, resources=(dataclasses.replace(vpc, **change),))  # type: ignore[arg-type]
    assert line in snapshots.difference(documents(before), documents(after)).splitlines()


def test_a_removed_resource_is_in_the_difference() -> None:
    before = build(lambda: aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16"))
    after = dataclasses.replace(before, resources=())
    assert "-  type: aws:ec2/vpc:Vpc" in snapshots.difference(documents(before), documents(after)).splitlines()
