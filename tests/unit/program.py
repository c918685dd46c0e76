"""Runs Pulumi programs without an engine and gives back their resource graph.

``build`` runs any callable, for one component; ``build_program`` runs the real ``__main__.py`` with a real stack file;
``program`` is that graph, built once a test session.
"""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import functools
import gc
import json
import logging
import os
import pickle
import runpy
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import Settings, configure, set_all_config
from pulumi.runtime.mocks import MockEngine, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.stack import run_in_stack

from sandbox.tests.certificates import issue
from settings.joined_platform import READ_STACK_OUTPUTS
from tests.unit import cloud, wire
from tests.unit.graph import STACK_REFERENCE, STACK_TYPE, Graph, Resource

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "magento"

Config = Mapping[str, Any]

SITE_ALONE: Config = dict.fromkeys(
    f"{PROJECT}:{section}"
    for section in (
        "satellites",
        "shared_database",
        "vpn_links",
        "vpn_access",
        "gateway",
        "windows",
        "rundeck",
        "php_my_admin",
        "content_delivery",
        "monitoring",
        "cost_report",
        "session_manager",
        "backups",
    )
)
"""For `build_program`: the site and what it needs, in a third of the time of the whole program."""


class UnknownStackError(Exception):
    """A stack reference to a stack that the test did not provide, as the engine refuses one that does not exist."""


def build(
    program: Callable[[], object],
    *,
    stack: str = "test",
    config: Config | None = None,
    secret_keys: frozenset[str] = frozenset(),
    references: Callable[[str], Graph] | None = None,
    standing: Mapping[str, Any] | None = None,
) -> Graph:
    """Runs a program and gives its graph.

    ``config`` holds whole keys (``aws:region``, ``magento:site``) with plain or nested values; the region is eu-west-3
    unless it says otherwise. ``references`` gives another stack's graph by its name, and
    ``standing`` the outputs of this stack's last run. What the program raises is raised.
    """
    values = {"aws:region": cloud.DEFAULT_REGION, **(config or {})}

    def run() -> Graph:
        monitor = _Recorder(str(values["aws:region"]), references or _no_other_stacks, {stack: standing or {}})
        configure(
            Settings(
                project=PROJECT,
                stack=stack,
                monitor=monitor,
                engine=MockEngine(logging.getLogger(__name__)),
                dry_run=False,
                organization="organization",
                root_directory=str(ROOT),
            )
        )
        set_all_config({key: _as_config_text(value) for key, value in values.items()}, sorted(secret_keys))
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(run_in_stack(lambda: _discard(program())))
        return monitor.graph()

    # Garbage collection would search all that the session holds, the SDK's modules above all, and take a quarter of the
    # time. The program turns it off as well.
    collected = gc.isenabled()
    gc.disable()
    try:
        # Pulumi keeps its settings, config and root resource in context variables: an empty context is a fresh runtime.
        # In a thread, a call stack ends here. The SDK sends it with each resource, and pytest's part is the longest.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(contextvars.Context().run, run).result()
    finally:
        if collected:
            gc.enable()


def build_program(
    stack: str, *, config: Config | None = None, references: Callable[[str], Graph] | None = None
) -> Graph:
    """Runs the real program with the real stack file, with keys of ``config`` in place of the file's.

    A key that is None is left out. The certificate files that config names are made, since real ones are
    never in the repository. References to other stacks find their real graphs, unless ``references`` gives others.
    Without ``references``, a configuration that was built lately is not built again: its graph is shared.
    """
    values = {key: value for key, value in {**stack_config(stack), **(config or {})}.items() if value is not None}
    certificate = values.get(f"{PROJECT}:certificate")
    if certificate is not None and f"{PROJECT}:certificate" not in (config or {}):
        keys = ("domain", "certificate_file", "private_key_file", "chain_file")
        directory = certificate_directory(*(certificate.get(key) for key in keys))
        values[f"{PROJECT}:certificate"] = {**certificate, "directory": directory.name}
    if references is not None:
        return _run_program(stack, values, references)
    key = json.dumps([stack, values], sort_keys=True, default=str)
    if key not in _BUILT:
        # Of a program that fails, nothing is kept.
        graph = _run_program(stack, values, program)
        if len(_BUILT) == MOST_KEPT:
            del _BUILT[next(iter(_BUILT))]
        _BUILT[key] = graph
    return _BUILT[key]


MOST_KEPT = 16
"""Graphs: those of the last different configurations. Each takes megabytes."""
_BUILT: dict[str, Graph] = {}
"""By stack and configuration, the oldest first."""


def _run_program(stack: str, values: Config, references: Callable[[str], Graph]) -> Graph:
    return build(_run_main, stack=stack, config=values, secret_keys=_secret_keys(values), references=references)


@functools.cache
def certificate_directory(
    domain: str, certificate: str, private_key: str, chain: str | None
) -> tempfile.TemporaryDirectory[str]:
    """A directory with the files of a certificate, until the interpreter ends."""
    directory = tempfile.TemporaryDirectory()
    name = domain.removeprefix("*.")
    authority = issue(f"The authority of {name}")
    pair = issue(domain, by=authority if chain else None, names=(domain, name))
    contents = {certificate: pair.certificate, private_key: pair.private_key, chain: authority.certificate}
    for file, content in contents.items():
        if file:
            Path(directory.name, file).write_text(content)
    return directory


@functools.cache
def program(stack: str) -> Graph:
    """The graph of a shipped stack, ``prod`` or ``preprod``, built once a session and shared by all tests."""
    return build_program(stack)


def stack_config(stack: str) -> dict[str, Any]:
    """The config of a shipped stack as the program sees it: the stack file over the project's defaults."""
    project = pickle.loads(_pickled("Pulumi.yaml"))
    declared = {
        key: spec.get("value", spec.get("default")) if isinstance(spec, dict) else spec
        for key, spec in (project.get("config") or {}).items()
    }
    defaults = {key: value for key, value in declared.items() if value is not None}
    file = pickle.loads(_pickled(f"Pulumi.{stack}.yaml"))
    return {_qualified(key): value for key, value in {**defaults, **(file.get("config") or {})}.items()}


@functools.cache
def _pickled(name: str) -> bytes:
    """What a YAML file of the project holds. Unpickling takes a hundredth of the time of reading the YAML."""
    return pickle.dumps(yaml.safe_load((ROOT / name).read_text()))


def _qualified(key: str) -> str:
    return key if ":" in key else f"{PROJECT}:{key}"


def _secret_keys(values: Config) -> frozenset[str]:
    return frozenset(key for key, value in values.items() if '"secure":' in json.dumps(value, default=str))


def _as_config_text(value: Any) -> str:
    """As the engine hands config to a program: text as it is, everything else as JSON. Ciphertext stands for itself."""
    if isinstance(value, dict) and value.keys() == {"secure"}:
        return str(value["secure"])
    return value if isinstance(value, str) else json.dumps(_without_ciphers(value), default=str)


def _without_ciphers(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"secure"}:
            return value["secure"]
        return {key: _without_ciphers(each) for key, each in value.items()}
    return [_without_ciphers(each) for each in value] if isinstance(value, list) else value


def _run_main() -> None:
    # The engine starts the program in the project's directory, and relative paths in config mean that one.
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
    finally:
        os.chdir(before)


class _Loop(asyncio.SelectorEventLoop):
    """Runs the SDK's requests where they are made: the recorder answers at once, and another thread costs time."""

    def run_in_executor(  # type: ignore[override]  # for any arguments, not those of the function's own types
        self, _: object, function: Callable[..., Any], *arguments: Any
    ) -> asyncio.Future[Any]:
        future = self.create_future()
        try:
            self.call_soon(future.set_result, function(*arguments))
        except Exception as error:
            self.call_soon(future.set_exception, error)
        return future


def _discard(_: object) -> None:
    """A program's own result is no coroutine for the runtime to await, even when a component is what it made."""


def _no_other_stacks(name: str) -> Graph:
    raise UnknownStackError(f"unknown stack {name!r}")


class _NoMocks(Mocks):
    """The recorder answers everything itself; the base class only wants to hold one of these."""

    def call(self, args: Any) -> Any:
        raise NotImplementedError

    def new_resource(self, args: MockResourceArgs) -> Any:
        raise NotImplementedError


class _Recorder(MockMonitor):
    """Stands where the engine does: answers each request as AWS would, and keeps the request."""

    def __init__(
        self, region: str, references: Callable[[str], Graph], standing: Mapping[str, Mapping[str, Any]]
    ) -> None:
        super().__init__(_NoMocks())
        self._region = region
        self._references = references
        self._standing = standing
        self._stack = ""
        self._found: list[Resource] = []
        self._calls: dict[str, tuple[str, Mapping[str, Any]]] = {}
        self._registered: dict[str, struct_pb2.Struct] = {}

    def RegisterResource(  # noqa: N802 - the engine's own name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK_TYPE:
            self._stack = urn
            return resource_pb2.RegisterResourceResponse(urn=urn)
        inputs, secrets = wire.plain(request.object)
        outputs, values, secret_outputs = request.object, inputs, secrets
        if request.custom:
            answer = cloud.resource_answer(request.type, request.name, inputs, self._region)
            # An answer never overrides an input, as the engine and providers keep what the program asked for.
            missing = {key: value for key, value in answer.items() if key not in request.object.fields}
            added = wire.struct_of(missing, secret=frozenset(request.additionalSecretOutputs))
            outputs = wire.completed(request.object, added)
            more, more_secrets = wire.plain(added)
            values, secret_outputs = {**inputs, **more}, secrets | more_secrets
        self._found.append(
            Resource(
                urn=urn,
                type=request.type,
                name=request.name,
                parent=request.parent or self._stack,
                custom=request.custom,
                inputs=inputs,
                outputs=values if request.custom else {},
                outputs_registered=request.custom,
                secrets=secrets,
                secret_outputs=secret_outputs,
                provider=request.provider.rpartition("::")[0],
                dependencies=frozenset(request.dependencies),
                property_dependencies={
                    key: frozenset(urns.urns) for key, urns in request.propertyDependencies.items() if urns.urns
                },
                protect=request.protect,
                retain_on_delete=request.retainOnDelete,
                ignore_changes=tuple(request.ignoreChanges),
                replace_on_changes=tuple(request.replaceOnChanges),
                delete_before_replace=request.deleteBeforeReplace,
                timeouts={
                    operation: timeout
                    for operation in ("create", "update", "delete")
                    if (timeout := getattr(request.customTimeouts, operation))
                },
            )
        )
        return resource_pb2.RegisterResourceResponse(urn=urn, id=str(values.get("id", "")), object=outputs)

    def ReadResource(  # noqa: N802
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type != STACK_REFERENCE:
            raise NotImplementedError(
                f"the program reads an existing {request.type}, which the unit tests do not answer"
            )
        other = self._references(request.id.rpartition("/")[2])
        secret_names = [name for name in other.exports if other.is_secret_export(name)]
        outputs = {"name": request.id, "outputs": dict(other.exports), "secretOutputNames": secret_names}
        self._found.append(
            Resource(
                urn=urn,
                type=request.type,
                name=request.name,
                parent=request.parent or self._stack,
                custom=True,
                inputs={"name": request.id},
                outputs={"id": request.id, **outputs},
                outputs_registered=True,
                secret_outputs=frozenset(f"outputs.{path}" for path in other.secret_exports),
            )
        )
        return resource_pb2.ReadResourceResponse(urn=urn, properties=wire.struct_of(outputs))

    def Invoke(  # noqa: N802
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        arguments, _ = wire.plain(request.args)
        if request.tok == READ_STACK_OUTPUTS:
            return self._outputs_of(arguments["name"])
        self._calls[f"{request.tok} {json.dumps(arguments, sort_keys=True)}"] = (request.tok, arguments)
        response = resource_pb2.ResourceInvokeResponse()
        try:
            answer = cloud.function_answer(request.tok, arguments, self._region)
        except cloud.ProviderError as error:
            response.failures.add(reason=f"invocation of {request.tok} returned an error: {error}")
            return response
        # `return` is a keyword, so no plain argument.
        getattr(response, "return").CopyFrom(wire.struct_of(answer))
        return response

    def _outputs_of(self, stack: str) -> resource_pb2.ResourceInvokeResponse:
        """The engine's own function, which asks no provider."""
        name = stack.rpartition("/")[2]
        response = resource_pb2.ResourceInvokeResponse()
        try:
            outputs = self._standing[name] if name in self._standing else self._references(name).exports
        except UnknownStackError as error:
            response.failures.add(reason=f"invocation of {READ_STACK_OUTPUTS} returned an error: {error}")
            return response
        getattr(response, "return").CopyFrom(wire.struct_of({"name": stack, "outputs": dict(outputs)}))
        return response

    def RegisterResourceOutputs(  # noqa: N802
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        self._registered[request.urn] = request.outputs
        return empty_pb2.Empty()

    def graph(self) -> Graph:
        """What was recorded, in an order that does not depend on the threads that registered it."""
        exports, secret_exports = wire.plain(self._registered.get(self._stack, struct_pb2.Struct()))
        return Graph(
            stack=self._stack,
            resources=tuple(sorted(map(self._with_outputs, self._found), key=lambda resource: resource.urn)),
            exports=exports,
            secret_exports=secret_exports,
            calls=tuple(call for _, call in sorted(self._calls.items())),
        )

    def _with_outputs(self, resource: Resource) -> Resource:
        if resource.urn not in self._registered:
            return resource
        outputs, secrets = wire.plain(self._registered[resource.urn])
        return dataclasses.replace(resource, outputs=outputs, secret_outputs=secrets, outputs_registered=True)
