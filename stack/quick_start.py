"""A faster run of the program. Without this file, the program does the same.

Pulumi's Python SDK loses time in ten places:

- At the end of the program, it waits for the first of its pending outputs, then for the first of the rest, and checks
  all of them each time. For the 527 resources of production, that took 4.1 to 4.5 s of CPU instead of 1.8 to 1.9 s.
  pulumi/pulumi#22411 rewrote that loop, but it is still slow in SDK 3.259.0.
- It sends four debug messages a resource to the engine, and waits for the answer to each. The engine drops them, unless
  it runs with ``--debug``.
- For each resource, it reads the source lines of the whole call stack, and uses the file names and line numbers alone.
- For each property of a resource, it makes four futures and a task, where one future holds the same.
- It watches each of these properties until its value is known, which is when the resource's URN is known. It watches
  that too.
- It serialises a text or number as it does a resource: it asks for each kind of value that it might be.
- For each resource, it works out a URN in seven tasks, for programs that have no engine.
- It works out the names and types of a resource's properties anew for each resource of a type.
- Of each value, it asks whether a part of it is unknown, of text and numbers too. Each question leaves a function that
  refers to itself: in production, two thirds of what only the garbage collector could free.
- Python's garbage collector finds nothing to free, and takes 8 to 30 % of the remaining time.

Delete this file when a preview of production takes no longer without it.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi import Output, Resource
from pulumi.runtime.proto import source_pb2

if TYPE_CHECKING:
    from pulumi.output import _OutputData
    from pulumi.runtime.rpc import Resolver

_OF_A_TYPE = (
    "input_type_py_to_pulumi_names",
    "resource_pulumi_to_py_names",
    "resource_types",
    "unwrap_optional_type",
    "unwrap_type",
)
"""Functions of the SDK that depend on a class or type and nothing else."""

_PLAIN = (str, int, float, bool, type(None))
"""The types of values that the SDK sends as they are."""

DEBUG = "PULUMI_OPTION_DEBUG"
"""The CLI's own variable for its flag ``--debug``. If it is set, the SDK's debug messages are sent."""


def quick_start() -> None:
    """Save that time. Call it once, first in the program.

    It uses private names of the SDK. If a release of the SDK has renamed them, it prints a warning, and the only saving
    is that of the debug messages.
    """
    gc.disable()
    if not os.environ.get(DEBUG):
        pulumi.log.debug = _drop
    try:
        from pulumi import _types
        from pulumi.output import _OutputData  # noqa: F401  # outputs_of needs it
        from pulumi.runtime import resource, rpc
        from pulumi.runtime.settings import SETTINGS, _get_rpc_manager

        # The SDK first waits for its calls to the engine. The wait below is added to them.
        calls, outputs, lock = _get_rpc_manager().rpcs, SETTINGS.outputs, SETTINGS.lock
        # Each raises AttributeError or KeyError if the SDK has no such name.
        Output.__annotations__["_data"]
        resource._get_stack_trace, rpc.transfer_properties  # noqa: B018
        urns, values = _instead_of(resource.create_urn, urn_of), _instead_of(rpc.serialize_property, serialized)
        unknowns = _instead_of(rpc.contains_unknowns, contains_unknowns)
        tables = {name: _cached(getattr(_types, name)) for name in _OF_A_TYPE}
    except (ImportError, AttributeError, KeyError):
        pulumi.log.warn("quick_start: the Pulumi SDK has changed, so the program runs without it, and more slowly")
        return

    def pending() -> list[asyncio.Future[object]]:
        with lock:
            return [each for each in outputs if not each.done()]

    async def all_known() -> None:
        while waiting := pending():
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_EXCEPTION)
            # After a failure, the SDK waits for the rest. It reports the error.
            if any(each.cancelled() or each.exception() for each in done):
                return

    resource._get_stack_trace = call_stack
    resource.create_urn = urns
    rpc.transfer_properties = outputs_of
    rpc.serialize_property = values
    rpc.contains_unknowns = unknowns
    vars(_types).update(tables)
    calls.append(asyncio.ensure_future(all_known()))


def _drop(*_message: object, **_options: object) -> None:
    """Takes the place of ``pulumi.log.debug``."""


def _cached(function: Any) -> Any:
    return function if hasattr(function, "cache_info") else functools.cache(function)


def _instead_of(theirs: Any, ours: Any) -> Any:
    """A function of this file that goes on to the SDK's, which it gets first. Program after program keeps the same."""
    return theirs if isinstance(theirs, functools.partial) else functools.partial(ours, theirs)


async def serialized(theirs: Any, value: Any, *how: Any, **options: Any) -> Any:
    """The same as the SDK's ``serialize_property``, at once for text, numbers and nothing."""
    if type(value) in _PLAIN and "return_protobuf_value" not in options:
        return value
    return await theirs(value, *how, **options)


def contains_unknowns(theirs: Any, value: Any) -> bool:
    """The same as the SDK's ``contains_unknowns``, at once for text, numbers and nothing."""
    return type(value) not in _PLAIN and bool(theirs(value))


def urn_of(theirs: Any, name: Any, type_: Any, parent: Any = None, *rest: Any, **more: Any) -> Output[str]:
    """The same as the SDK's ``create_urn``, at once if all parts are text."""
    if not (type(name) is type(type_) is type(parent) is str):
        urn: Output[str] = theirs(name, type_, parent, *rest, **more)
        return urn
    from pulumi.output import _OutputData

    known: asyncio.Future[_OutputData[str]] = asyncio.Future()
    value = f"{parent[: parent.rfind('::')]}${type_}::{name}"
    known.set_result(_OutputData(resources=set(), value=value, is_known=True, is_secret=False))
    return _output(known)


def _output(data: asyncio.Future[_OutputData[Any]]) -> Output[Any]:
    """An output that the SDK does not wait for at the end of the program."""
    output: Output[Any] = object.__new__(Output)
    output._data = data
    return output


def outputs_of(res: Resource, props: Mapping[str, Any], custom: bool) -> dict[str, Resolver]:
    """The same as the SDK's ``transfer_properties``: gives the resource an output for each of its properties, and
    returns the functions that resolve them. The SDK waits for the resource's URN, which is resolved just before."""
    resolvers: dict[str, Resolver] = {}
    for name in props:
        if name != "urn" and not (name == "id" and custom):
            known: asyncio.Future[_OutputData[Any]] = asyncio.Future()
            resolvers[name] = functools.partial(_resolve, res, known)
            vars(res)[name] = _output(known)
    return resolvers


def _resolve(
    declared: Resource,
    future: asyncio.Future[_OutputData[Any]],
    value: Any,
    is_known: bool,
    is_secret: bool,
    sources: set[Resource] | None,
    failed: Exception | None,
) -> None:
    from pulumi.output import _OutputData

    if failed is not None:
        future.set_exception(failed)
        future.exception()  # It counts as read, or asyncio would print it too.
        return
    resources = {declared, *(sources or ())}
    future.set_result(_OutputData(resources=resources, value=value, is_known=is_known, is_secret=is_secret))


def call_stack() -> source_pb2.StackTrace:
    """The same as the SDK's ``_get_stack_trace``: the calls outside the constructors of a resource, innermost first."""
    frame = sys._getframe(1)
    constructors = 0
    while constructors < 3:
        constructors += frame.f_code.co_name == "__init__"
        if frame.f_back is None:
            return source_pb2.StackTrace()
        frame = frame.f_back
    frames = []
    caller: FrameType | None = frame
    while caller is not None:
        frames.append(_frame(caller.f_code.co_filename, caller.f_lineno))
        caller = caller.f_back
    # Messages one after the other are one message with what is in all of them.
    return source_pb2.StackTrace.FromString(b"".join(frames))


@functools.cache
def _frame(file_name: str, line: int) -> bytes:
    """A call stack of one frame as it is sent: most calls are in the stacks of many resources."""
    uri = _uri(file_name)
    position = source_pb2.SourcePosition(uri=uri, line=line) if uri else None
    return source_pb2.StackTrace(frames=[source_pb2.StackFrame(pc=position)]).SerializeToString()


def _uri(file_name: str) -> str | None:
    try:
        return Path(file_name).as_uri()
    except ValueError:  # not a file: "<frozen runpy>", "<string>"
        return None
