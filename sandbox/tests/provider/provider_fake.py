"""A small in-memory AWS service with one adapter, and a plugin to drive it through Pulumi's own messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values
from sandbox.provider.protocol import provider_pb2
from sandbox.provider.servicer import Servicer
from sandbox.provider.values import decode, encode

TOKEN = "aws:fake/queue:Queue"
ENVIRONMENT = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_REGION": "eu-west-3"}


@dataclass
class FakeService:
    """What the pretended AWS holds, how it is to fail, and what was asked of it."""

    queues: dict[str, Values] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    calls: list[tuple[str, Any]] = field(default_factory=list)

    def call(self, operation: str, detail: Any = None) -> None:
        self.calls.append((operation, detail))
        if operation in self.failing:
            raise ClientError({"Error": {"Code": "Throttled", "Message": f"no {operation} today"}}, operation)

    def find(self, id: str) -> Values:
        if id not in self.queues:
            raise ClientError({"Error": {"Code": "QueueGone", "Message": f"no queue {id}"}}, "DescribeQueue")
        return self.queues[id]


class Queue(Adapter):
    """A resource type with one property of every kind."""

    token = TOKEN
    service = "sqs"
    not_found = ("QueueGone",)
    properties = {
        "name": Property(replaces=True, autoname=AutoName(max_length=20, lowercase=True)),
        "size": Property(required=True),
        "kind": Property(replaces=True, default="standard"),
        "listed": Property(default=True),
        "zone": Property(computed=True, replaces=True),
        "subnets": Property(unordered=True),
        "policy": Property(json=True),
        "note": Property(),
        "password": Property(secret=True, write_only=True),
        "grace": Property(kept="said only at the deletion"),
        "tags": TAGS,
    }
    outputs = ("arn", "revision", "token")
    secret_outputs = ("token",)
    volatile_outputs = ("revision",)

    def __init__(self, service: FakeService) -> None:
        self.fake = service

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return [("size", f"must be at most 10, got {inputs['size']}")] if inputs.get("size", 0) > 10 else []

    def replaced(self, old: Values, new: Values) -> frozenset[str]:
        """A queue grows where it is, and cannot shrink."""
        is_smaller = isinstance(new.get("size"), int) and new["size"] < old["size"]
        return frozenset({"size"}) if is_smaller else frozenset()

    def create(self, aws: Aws, inputs: Values) -> str:
        self.fake.call("CreateQueue", inputs)
        id = f"q-{len(self.fake.queues) + 1}"
        stored = {name: value for name, value in inputs.items() if name not in ("password", "grace", "tags", "tagsAll")}
        self.fake.queues[id] = {"zone": "zone-1", "revision": 1} | stored | {"tags": dict(inputs["tagsAll"])}
        return id

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        self.fake.call("ConfigureQueue", inputs)

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        self.fake.call("DescribeQueue", state)
        return self.fake.find(id) | {"arn": f"arn:aws:sqs:{aws.region}:1:{id}", "token": "t0ken"}

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self.fake.call("UpdateQueue", changed)
        queue = self.fake.find(id)
        for name in changed - {"password"}:
            queue[name] = new.get(name)
        queue["revision"] += 1

    def retag(self, aws: Aws, id: str, state: Values, add: Mapping[str, str], remove: Sequence[str]) -> None:
        self.fake.call("TagQueue", (dict(add), list(remove)))
        tags = self.fake.find(id)["tags"]
        tags.update(add)
        for key in remove:
            del tags[key]

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        self.fake.call("DeleteQueue", state)
        self.fake.find(id)
        del self.fake.queues[id]


@dataclass(frozen=True, kw_only=True)
class Made:
    """A resource as the engine remembers it."""

    id: str
    inputs: Values
    state: Values


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """Speaks to a configured ``Servicer`` as the engine does, in plain values."""

    servicer: Servicer
    type: str = TOKEN

    def check(self, news: Values, *, olds: Values | None = None, **options: Any) -> tuple[Values, dict[str, str]]:
        """The checked inputs, and the reason for each refused property."""
        options = {"name": "orders"} | options
        request = provider_pb2.CheckRequest(type=self.type, news=encode(news), olds=encode(olds or {}), **options)
        response = self.servicer.check(request)
        return decode(response.inputs), {failure.property: failure.reason for failure in response.failures}

    def create(self, news: Values, *, timeout: float = 0) -> Made:
        inputs, failures = self.check(news)
        assert not failures
        request = provider_pb2.CreateRequest(type=self.type, properties=encode(inputs), timeout=timeout)
        response = self.servicer.create(request)
        return Made(id=response.id, inputs=inputs, state=decode(response.properties))

    def plan_create(self, news: Values) -> Values:
        inputs, _ = self.check(news)
        request = provider_pb2.CreateRequest(type=self.type, properties=encode(inputs), preview=True)
        return decode(self.servicer.create(request).properties)

    def diff(self, made: Made, news: Values, *ignored: str) -> provider_pb2.DiffResponse:
        inputs, _ = self.check(news, olds=made.inputs)
        return self.servicer.diff(
            provider_pb2.DiffRequest(
                id=made.id,
                type=self.type,
                old_inputs=encode(made.inputs),
                olds=encode(made.state),
                news=encode(inputs),
                ignoreChanges=ignored,
            )
        )

    def update(self, made: Made, news: Values, *ignored: str, preview: bool = False) -> Made:
        inputs, _ = self.check(news, olds=made.inputs)
        request = provider_pb2.UpdateRequest(
            id=made.id,
            type=self.type,
            old_inputs=encode(made.inputs),
            olds=encode(made.state),
            news=encode(inputs),
            preview=preview,
            ignoreChanges=ignored,
        )
        return Made(id=made.id, inputs=inputs, state=decode(self.servicer.update(request).properties))

    def read(self, id: str, *, state: Values | None = None, inputs: Values | None = None) -> Made:
        """``id`` is empty when the resource is gone. Without state and inputs it is an import."""
        response = self.servicer.read(
            provider_pb2.ReadRequest(id=id, type=self.type, properties=encode(state or {}), inputs=encode(inputs or {}))
        )
        return Made(id=response.id, inputs=decode(response.inputs), state=decode(response.properties))

    def refresh(self, made: Made) -> Made:
        return self.read(made.id, state=made.state, inputs=made.inputs)

    def delete(self, made: Made) -> None:
        self.servicer.delete(provider_pb2.DeleteRequest(id=made.id, type=self.type, properties=encode(made.state)))


def configured(settings: Values | None = None, *, package: str = "aws", type: str = TOKEN) -> Plugin:
    """A plugin process's servicer after Configure with these provider settings."""
    servicer = Servicer(package, "1.2.3", ENVIRONMENT)
    servicer.configure(provider_pb2.ConfigureRequest(args=encode(settings or {})))
    return Plugin(servicer=servicer, type=type)
