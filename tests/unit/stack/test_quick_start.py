"""The SDK's wait for pending outputs is one wait, and failures are the SDK's to tell."""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi.output import UNKNOWN
from pulumi.runtime import resource, rpc

from stack.quick_start import DEBUG, call_stack, contains_unknowns, outputs_of, quick_start, serialized, urn_of
from tests.unit.program import build

OUTPUTS = 60
THEIRS = rpc.transfer_properties
THEIR_URN = resource.create_urn
THEIR_VALUE = rpc.serialize_property
THEIR_UNKNOWNS = rpc.contains_unknowns
THEIR_STACK = resource._get_stack_trace
"""Before a test replaces them. Programs that ran before may have."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tasks each wait was for."""
    counts: list[int] = []
    wait = asyncio.wait

    async def counting(tasks: Iterable[Any], **options: Any) -> Any:
        tasks = list(tasks)
        counts.append(len(tasks))
        return await wait(tasks, **options)

    monkeypatch.setattr(asyncio, "wait", counting)
    return counts


def _many() -> None:
    previous: pulumi.Input[str] = "0"
    for number in range(OUTPUTS):
        vpc = aws.ec2.Vpc(f"vpc-{number}", cidr_block="10.0.0.0/16", tags={"Previous": previous})
        previous = vpc.id


def test_each_output_is_waited_for_once_or_twice(asked: list[int]) -> None:
    """Without it, every resource that becomes known makes the SDK ask all the others again."""
    build(_many)
    alone = sum(asked)
    asked.clear()

    def program() -> None:
        quick_start()
        _many()

    assert len(build(program).of_type(aws.ec2.Vpc)) == OUTPUTS
    assert sum(asked) < alone / 5


def test_an_sdk_without_its_private_names_costs_time_only(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A new release of the SDK must not stop every `pulumi up` for a shortcut: the program runs, and says so once."""
    monkeypatch.delattr("pulumi.runtime.settings._get_rpc_manager")

    def program() -> None:
        quick_start()
        _many()

    with caplog.at_level(logging.WARNING):
        assert len(build(program).of_type(aws.ec2.Vpc)) == OUTPUTS
    assert len([each for each in caplog.messages if "quick_start" in each]) == 1


def test_call_stacks_are_the_sdks_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the line: the engine stores where the program declares a resource."""
    assert THEIR_STACK is not call_stack
    compared = []

    def both() -> Any:
        # Each sees its caller, this function, below the constructors.
        compared.append((THEIR_STACK(), call_stack()))
        return compared[-1][0]

    monkeypatch.setattr(resource, "_get_stack_trace", both)
    build(lambda: Pair("pair"))
    assert sum(len(expected.frames) > 3 for expected, _ in compared) >= 2
    assert [got for _, got in compared] == [expected for expected, _ in compared]


class Pair(pulumi.ComponentResource):
    """A component with one resource."""

    def __init__(self, name: str) -> None:
        super().__init__("test:Pair", name)
        aws.ec2.Vpc(f"{name}-vpc", cidr_block="10.0.0.0/16", opts=pulumi.ResourceOptions(parent=self))


def test_a_resource_has_the_sdks_own_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values, secrets and what they depend on. A failed registration fails all of them."""
    assert THEIRS is not outputs_of
    found = []
    for transfer in (THEIRS, outputs_of):
        monkeypatch.setattr(rpc, "transfer_properties", transfer)

        async def data(transfer: Any = transfer) -> list[Any]:
            pair = Pair("pair")
            other = Pair("other")
            resolvers = transfer(pair, {"urn": None, "id": None, "known": None, "secret": None, "failed": None}, True)
            resolvers["known"]("value", True, False, {other}, None)
            resolvers["secret"]({"a": UNKNOWN}, True, True, None, None)
            resolvers["failed"](None, False, False, None, ValueError("not registered"))
            pulumi.runtime.settings.SETTINGS.outputs.discard(vars(pair)["failed"]._data)
            got = [await vars(pair)[name]._data for name in ("known", "secret")]
            with pytest.raises(ValueError, match="not registered"):
                await vars(pair)["failed"]._data
            names = [sorted(each._name for each in one.resources) for one in got]
            return [sorted(resolvers), names, [(one.value, one.is_known, one.is_secret) for one in got]]

        found.append(_result_of(data))
    theirs, ours = found
    assert ours == theirs
    assert ours[1:] == [
        [["other", "pair"], ["pair"]],
        [("value", True, False), ({"a": UNKNOWN}, False, True)],
    ]


def test_a_failed_registration_is_told_once(capsys: pytest.CaptureFixture[str], caplog: Any) -> None:
    """By the SDK. asyncio prints failures that nobody has read, for each property."""
    resolved: list[pulumi.Resource] = []

    async def failing() -> None:
        pair = Pair("pair")
        for resolve in outputs_of(pair, {"vpc": None}, True).values():
            resolve(None, False, False, None, ValueError("not registered"))
        resolved.append(pair)

    _result_of(failing)
    caplog.clear()
    capsys.readouterr()
    # The last that holds the failure. asyncio prints it when it is freed, which is now.
    [pair] = resolved
    vars(pair).clear()
    assert "never retrieved" not in caplog.text + capsys.readouterr().err


@pytest.mark.parametrize(
    "value",
    ["text", "", 3, 2.5, True, None, ["text", 1], {"a": {"b": "c"}}, pulumi.FileAsset("x")],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("options", [{}, {"return_protobuf_value": True}], ids=["", "protobuf"])
def test_values_are_sent_as_the_sdk_sends_them(value: Any, options: dict[str, Any]) -> None:
    async def sent(serialize: Any) -> Any:
        return await serialize(value, [], "key", None, None, None, **options)

    theirs = _result_of(lambda: sent(THEIR_VALUE))
    ours = _result_of(lambda: sent(functools.partial(serialized, THEIR_VALUE)))
    assert (type(ours), ours) == (type(theirs), theirs)


@pytest.mark.parametrize(
    ("value", "unknown"),
    [
        ("text", False),
        (3, False),
        (2.5, False),
        (True, False),
        (None, False),
        (UNKNOWN, True),
        (["text", {"a": UNKNOWN}], True),
        ({"a": ["text", {"b": 3}]}, False),
    ],
    ids=["text", "int", "float", "bool", "none", "unknown", "in a list", "known"],
)
def test_unknown_values_are_those_of_the_sdk(value: Any, unknown: bool) -> None:
    """A preview would show a value as known otherwise, and run what waits for it."""
    assert contains_unknowns(THEIR_UNKNOWNS, value) is THEIR_UNKNOWNS(value) is unknown


def test_a_question_for_unknowns_leaves_no_garbage() -> None:
    """The SDK leaves six objects for each, in a circle."""
    build(quick_start)
    collected = gc.isenabled()
    gc.disable()
    try:
        gc.collect(0)
        for _ in range(OUTPUTS):
            rpc.contains_unknowns("text")
        assert gc.collect(0) < OUTPUTS
    finally:
        if collected:
            gc.enable()


PARENT = "urn:pulumi:prod::magento::a:b:C$d:e:F::name::of-it"


@pytest.mark.parametrize("parent", [None, PARENT, "pair"], ids=["none", "urn", "resource"])
def test_urns_are_the_sdks_own(parent: str | None) -> None:
    async def urns() -> list[str | None]:
        above = Pair("pair") if parent == "pair" else parent
        how = ("vpc", "aws:ec2/vpc:Vpc", above)
        return [await each.future() for each in (THEIR_URN(*how), urn_of(THEIR_URN, *how))]

    theirs, ours = _result_of(urns)
    assert ours == theirs
    assert str(ours).endswith("aws:ec2/vpc:Vpc::vpc")


def _result_of(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """What a coroutine returns that runs in a program."""
    answers: list[Any] = []

    def program() -> None:
        answers.append(asyncio.ensure_future(work()))
        pulumi.runtime.settings._get_rpc_manager().rpcs.append(answers[0])  # The program waits for these.

    build(program)
    return answers[0].result()


@pytest.mark.parametrize(("variable", "sent"), [("", False), ("true", True)])
def test_debug_messages_are_sent_on_request(monkeypatch: pytest.MonkeyPatch, variable: str, sent: bool) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "debug", lambda message, *_: said.append(message))
    monkeypatch.setenv(DEBUG, variable)

    def program() -> None:
        quick_start()
        aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")

    build(program)
    assert any("name=vpc" in message for message in said) is sent


def test_a_failure_is_reported() -> None:
    """An output that cannot be worked out ends the program with its own error, as ever."""

    def program() -> None:
        quick_start()
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
        nothing: dict[str, str] = {}
        pulumi.export("wrong", vpc.id.apply(lambda _: nothing["missing"]))

    with pytest.raises(KeyError, match="missing"):
        build(program)
