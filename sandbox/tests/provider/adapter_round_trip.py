"""Drives one adapter through a resource's whole life against an AWS endpoint on loopback, checking what it reads back.

A test module lists ``Case`` builders and hands each to ``round_trip``:

    SAMPLES = Samples()

    @SAMPLES.case("aws:ec2/vpc:Vpc")
    def vpc(aws: Aws) -> Case:
        return Case(inputs={"cidrBlock": "10.0.0.0/16"}, updates=[{"enableDnsHostnames": True}])

    @pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
    def test_round_trip(aws: Aws, sample: Sample) -> None:
        round_trip(aws, sample)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.moto_api._internal.models import moto_api_backend

from sandbox.emulator.inventory import inventory
from sandbox.emulator.server import LOOPBACK, Server
from sandbox.provider.adapter import UNSET, Adapter, Aws, Values
from sandbox.provider.compare import same
from sandbox.provider.creations import Creations
from sandbox.provider.registry import find_adapter
from sandbox.tests.provider.aws_model import make_strict

REGION = "eu-west-3"
ACCOUNT_ID = "123456789012"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One resource as a program may write it, and the changes that it then goes through, in order."""

    inputs: Values
    updates: Sequence[Values] = ()
    """Each holds the properties that change; ``None`` takes one out of the program."""
    outlives_deletion: bool = False
    """AWS cannot be without it (a VPC's default security group): deletion only forgets or resets it."""


Build = Callable[[Aws], Case]


@dataclass(kw_only=True, eq=False)
class Sample:
    """A case of one resource type; ``build`` makes what the resource needs around it."""

    token: str
    build: Build
    built: Case | None = None

    def case(self, aws: Aws) -> Case:
        """The case, with all around it made anew."""
        self.built = self.build(aws)
        return self.built

    def __str__(self) -> str:
        return f"{self.token.rsplit(':', 1)[1]}-{self.build.__name__}"


@dataclass(frozen=True)
class Samples:
    """The cases of one test module."""

    all: list[Sample] = field(default_factory=list)

    def case(self, token: str) -> Callable[[Build], Build]:
        """Decorator that adds a builder as a case of a resource type."""

        def add(build: Build) -> Build:
            self.all.append(Sample(token=token, build=build))
            return build

        return add


@dataclass
class LoopbackAws:
    """The ``Aws`` of an adapter, for a server on loopback. Reading a member that AWS does not have raises."""

    endpoint: str
    region: str = REGION
    account_id: str = ACCOUNT_ID
    partition: str = "aws"
    clients: dict[tuple[str, str], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.creations = Creations(self.endpoint)

    def client(self, service: str, region: str | None = None) -> Any:
        key = (service, region or self.region)
        if key not in self.clients:
            client = boto3.client(
                service,
                region_name=key[1],
                endpoint_url=self.endpoint,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
            client.meta.events.register("before-call", self.creations.mark)
            self.clients[key] = make_strict(client)
        return self.clients[key]

    def wait(self, what: str, ready: Callable[[], bool], *, interval: float = 0.1) -> None:
        deadline = time.monotonic() + 30
        while not ready():
            if time.monotonic() > deadline:
                raise TimeoutError(what)
            time.sleep(interval)


@contextmanager
def loopback_aws() -> Iterator[LoopbackAws]:
    """An embedded AWS with nothing in it, on a free loopback port for as long as the block lasts. One process has only
    one: a second starts by emptying the first."""
    moto_api_backend.reset()
    with Server(port=0) as server:
        serving = threading.Thread(target=server.serve)
        serving.start()
        try:
            yield LoopbackAws(endpoint=f"http://{LOOPBACK}:{server.port}")
        finally:
            server.shut_down()
            serving.join()


def create(aws: Aws, token: str, inputs: Values) -> str:
    """Make a resource as the plugin does, defaults and tags filled in; answers its id."""
    adapter = find_adapter(token)
    filled = _filled(adapter, inputs)
    id = adapter.create(aws, _with_all_tags(adapter, filled))
    # The plugin calls it again after a failure: a second call must find nothing left to do.
    for _ in range(2):
        adapter.configure(aws, id, _with_all_tags(adapter, filled))
    return id


def read(aws: Aws, token: str, id: str) -> Values | None:
    """What an import of the resource would see."""
    adapter = find_adapter(token)
    try:
        return adapter.read(aws, id, {})
    except ClientError as error:
        if error.response["Error"]["Code"] not in adapter.not_found:
            raise
        return None


def _create_twice(aws: Aws, token: str, inputs: Values) -> str:
    """Make a resource in a run that does not learn of it, and go on with it in the next run: nothing is made twice."""
    assert isinstance(aws, LoopbackAws)
    ids, counts, urn = [], [], f"urn:pulumi:prod::shop::{token}::{uuid4()}"
    for _run in range(2):
        with aws.creations.calls_of(urn, {}):
            ids.append(create(aws, token, inputs))
        counts.append(inventory())
    assert ids[0] == ids[1]
    assert counts[0] == counts[1]
    return ids[0]


def round_trip(aws: Aws, sample: Sample) -> None:
    """Create, read, update, retag and delete the case's resource; every step must be visible in AWS's own answer."""
    adapter = find_adapter(sample.token)
    case = sample.case(aws)
    inputs = _filled(adapter, case.inputs)
    assert adapter.check(inputs) == []
    id = _create_twice(aws, sample.token, case.inputs)
    state = _assert_reads_back(aws, adapter, id, inputs)
    for change in case.updates:
        assert not any(adapter.properties[name].replaces for name in change), "a replacing property is no update"
        changed = _filled(adapter, {name: v for name, v in {**inputs, **change}.items() if v is not None})
        assert adapter.check(changed) == []
        sent = frozenset(name for name in change if not adapter.properties[name].kept)
        adapter.update(aws, id, {**state, **inputs}, changed, sent)
        inputs = changed
        state = _assert_reads_back(aws, adapter, id, inputs)
    if "tags" in adapter.properties:
        inputs = _retag(aws, adapter, id, state, inputs)
        state = _assert_reads_back(aws, adapter, id, inputs)
    # What AWS does not get (a deletion window) reaches ``delete`` through the state alone.
    adapter.delete(aws, id, {**inputs, **state})
    if not case.outlives_deletion:
        assert read(aws, sample.token, id) is None, "still there after its deletion"
    # A second deletion finds nothing: it succeeds, or fails with a code that the adapter lists as "it is gone".
    try:
        adapter.delete(aws, id, {**inputs, **state})
    except ClientError as error:
        if error.response["Error"]["Code"] not in adapter.not_found:
            raise


def unexercised(samples: Sequence[Sample], aws: Aws) -> dict[str, set[str]]:
    """For each type of the samples, the properties that no case sets, or no case updates although they can be."""
    set_by: dict[str, set[str]] = {}
    updated_by: dict[str, set[str]] = {}
    for sample in samples:
        case = sample.built or sample.case(aws)
        set_by.setdefault(sample.token, set()).update(case.inputs)
        for change in case.updates:
            set_by[sample.token].update(change)
            updated_by.setdefault(sample.token, set()).update(change)
    missing = {}
    for token, known in set_by.items():
        properties = find_adapter(token).properties
        updatable = {name for name, rule in properties.items() if not (rule.replaces or rule.kept or name == "tags")}
        sent = {name for name, rule in properties.items() if not rule.kept}
        missing[token] = (sent - known) | (updatable - updated_by.get(token, set()))
    return {token: names for token, names in missing.items() if names}


def _filled(adapter: Adapter, inputs: Values) -> Values:
    defaults = {name: rule.default for name, rule in adapter.properties.items() if rule.default is not UNSET}
    missing = [name for name, rule in adapter.properties.items() if rule.required and name not in inputs]
    undeclared = inputs.keys() - adapter.properties.keys()
    assert not missing, f"{adapter.token}: the case leaves out {missing}"
    assert not undeclared, f"{adapter.token}: the adapter does not handle {sorted(undeclared)}"
    return {**defaults, **inputs}


def _with_all_tags(adapter: Adapter, inputs: Values) -> Values:
    return {**inputs, "tagsAll": inputs.get("tags", {})} if "tags" in adapter.properties else inputs


def _retag(aws: Aws, adapter: Adapter, id: str, state: Values, inputs: Values) -> Values:
    tags: Mapping[str, str] = inputs.get("tags", {})
    added = {"Round": "Trip", **{key: value + "-changed" for key, value in list(tags.items())[:1]}}
    removed = list(tags)[1:]
    adapter.retag(aws, id, state, added, removed)
    return {**inputs, "tags": {key: v for key, v in {**tags, **added}.items() if key not in removed}}


def _assert_reads_back(aws: Aws, adapter: Adapter, id: str, inputs: Values) -> Values:
    state = read(aws, adapter.token, id)
    assert state is not None, f"{adapter.token} {id} is not there"
    undeclared = state.keys() - adapter.properties.keys() - set(adapter.outputs)
    assert not undeclared, f"{adapter.token}: read answers {sorted(undeclared)}, which are not declared"
    unanswered = set(adapter.outputs) - state.keys()
    assert not unanswered, f"{adapter.token}: read does not answer {sorted(unanswered)}"
    wrong = {
        name: (state.get(name), inputs.get(name))
        for name, rule in adapter.properties.items()
        if not (rule.write_only or rule.kept or (rule.computed and name not in inputs))
        and not same(rule, state.get(name), inputs.get(name))
    }
    assert not wrong, f"{adapter.token}: AWS has something else than was said (first what it has): {wrong}"
    return state
