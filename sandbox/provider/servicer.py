"""Pulumi's ResourceProvider: requests in, responses out, for one package (``aws`` or ``random``)."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct

from sandbox.provider import check, difference
from sandbox.provider.adapter import Adapter, Values
from sandbox.provider.compare import DEFAULTED, is_regional
from sandbox.provider.configuration import Configuration, configuration
from sandbox.provider.errors import ConfigurationError, PartialFailureError, ProviderError
from sandbox.provider.generated import Generated, GeneratedLifecycle
from sandbox.provider.lifecycle import Found, Lifecycle
from sandbox.provider.protocol import plugin_pb2, provider_pb2
from sandbox.provider.registry import find_adapter, find_function
from sandbox.provider.session import Region, Session
from sandbox.provider.values import decode, encode

_IMPORT_ID = re.compile(r"(?P<id>.+)@(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)")
"""How pulumi-aws 7 names a resource of another region than the provider's: ``vpc-0123@us-east-1``."""

_KINDS = {
    (difference.Change.ADD, False): provider_pb2.PropertyDiff.ADD,
    (difference.Change.ADD, True): provider_pb2.PropertyDiff.ADD_REPLACE,
    (difference.Change.DELETE, False): provider_pb2.PropertyDiff.DELETE,
    (difference.Change.DELETE, True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    (difference.Change.UPDATE, False): provider_pb2.PropertyDiff.UPDATE,
    (difference.Change.UPDATE, True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class _Resource(Protocol):
    """What ``Lifecycle`` and ``GeneratedLifecycle`` have in common."""

    def plan_create(self, inputs: Values) -> Values: ...
    def create(self, inputs: Values) -> tuple[str, Values]: ...
    def read(self, id: str, state: Values, inputs: Values) -> Found | None: ...
    def plan_update(self, state: Values, old_inputs: Values, news: Values) -> Values: ...
    def update(
        self, id: str, state: Values, old_inputs: Values, news: Values, ignored: Collection[str] = ()
    ) -> Values: ...
    def delete(self, id: str, state: Values) -> None: ...


class Servicer:
    """One plugin process: the engine starts one for each provider and configures it once."""

    def __init__(self, package: str, version: str, environment: Mapping[str, str] = os.environ) -> None:
        self._package = package
        self._version = version
        self._environment = environment
        self._session: Session | None = None

    def handshake(self, request: provider_pb2.ProviderHandshakeRequest) -> provider_pb2.ProviderHandshakeResponse:
        # Without accept_secrets the engine unwraps secrets on the way in and marks equal-named outputs on the way out.
        return provider_pb2.ProviderHandshakeResponse(supports_autonaming_configuration=True)

    def get_plugin_info(self, request: Empty) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self._version)

    def get_schema(self, request: provider_pb2.GetSchemaRequest) -> provider_pb2.GetSchemaResponse:
        """Enough for the engine to know the package; no code is generated from it."""
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": self._package, "version": self._version}))

    def check_config(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Takes the settings as they are; they are judged by ``configure``, once the engine knows them all."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def diff_config(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """Never replaces the provider: a new region shows as a new ``region`` of each resource that follows it."""
        differs = decode(request.old_inputs) != decode(request.news)
        response = provider_pb2.DiffResponse
        return response(changes=response.DIFF_SOME if differs else response.DIFF_NONE)

    def configure(self, request: provider_pb2.ConfigureRequest) -> provider_pb2.ConfigureResponse:
        """Raises ``ConfigurationError`` for an endpoint that is not loopback, or a setting that is not handled."""
        if self._package == "aws":
            self._session = Session(configuration(decode(request.args), self._environment))
        return provider_pb2.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    def check(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        adapter = find_adapter(request.type)
        mode = request.autonaming.mode
        olds = decode(request.olds)
        naming = check.Naming(
            logical_name=request.name,
            seed=request.randomSeed,
            proposed=request.autonaming.proposed_name,
            disabled=mode == provider_pb2.CheckRequest.AutonamingOptions.DISABLE,
            earlier=self._names_of_an_earlier_creation(request.urn, in_the_state=bool(olds)),
        )
        provider = self._configuration if self._package == "aws" else None
        checked = check.check(adapter, olds, decode(request.news), naming, provider)
        return provider_pb2.CheckResponse(
            inputs=encode(checked.inputs, secret=_secret_inputs(adapter)),
            failures=[provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in checked.failures],
        )

    def _names_of_an_earlier_creation(self, urn: str, *, in_the_state: bool) -> dict[str, str]:
        if self._session is None:
            return {}
        if in_the_state:
            self._session.creations.forget(urn)
        return self._session.creations.names(urn) or {}

    def diff(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        adapter = find_adapter(request.type)
        inputs, state, news = decode(request.old_inputs), decode(request.olds), decode(request.news)
        found = difference.diff(adapter, inputs, state, news, request.ignoreChanges)
        response = provider_pb2.DiffResponse
        return response(
            changes=response.DIFF_SOME if found.changes or found.unfinished else response.DIFF_NONE,
            diffs=sorted(found.changes),
            replaces=sorted(found.replaces),
            deleteBeforeReplace=found.delete_before_replace,
            hasDetailedDiff=True,
            detailedDiff={
                name: provider_pb2.PropertyDiff(kind=_KINDS[change, name in found.replaces], inputDiff=True)
                for name, change in found.changes.items()
            },
        )

    def create(self, request: provider_pb2.CreateRequest) -> provider_pb2.CreateResponse:
        adapter, inputs = find_adapter(request.type), decode(request.properties)
        resource = self._resource(adapter, inputs, request.timeout)
        if request.preview:
            return provider_pb2.CreateResponse(properties=_properties(adapter, resource.plan_create(inputs)))
        try:
            id, properties = self._create(resource, request.urn, inputs)
        except PartialFailureError as failure:
            self._reached_the_engine(request.urn)
            raise InitFailedError(failure, _properties(adapter, failure.properties)) from failure
        self._reached_the_engine(request.urn)
        return provider_pb2.CreateResponse(id=id, properties=_properties(adapter, properties))

    def _create(self, resource: _Resource, urn: str, inputs: Values) -> tuple[str, Values]:
        """Create the resource, or go on with what a run made that did not learn of it."""
        if not isinstance(resource, Lifecycle):
            return resource.create(inputs)
        creations = self._configured.creations
        names = {name: inputs[name] for name in inputs.get(DEFAULTED, ())}
        if creations.names(urn) is not None:
            with creations.calls_of(urn, names):
                resumed = resource.resume(inputs)
            if resumed is not None:
                return resumed
            creations.forget(urn)
        with creations.calls_of(urn, names):
            return resource.create(inputs)

    def _reached_the_engine(self, urn: str) -> None:
        if self._session is not None:
            self._session.creations.reached_the_engine(urn)

    @contextmanager
    def _each_call_once(self, urn: str) -> Iterator[None]:
        """Within the block, what AWS has done is not done again when its answer was lost: a volume's last snapshot."""
        if self._session is None:
            yield
            return
        change = f"{urn} {uuid.uuid4()}"
        with self._session.creations.calls_of(change, {}):
            try:
                yield
            finally:
                self._reached_the_engine(change)

    def read(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:
        adapter, id = find_adapter(request.type), request.id
        state, inputs = decode(request.properties), decode(request.inputs)
        region = {"region": state["region"]} if "region" in state else {}
        if not state and is_regional(adapter) and (elsewhere := _IMPORT_ID.fullmatch(id)):
            id, region = elsewhere["id"], {"region": elsewhere["region"]}
        found = self._resource(adapter, region, request.timeout).read(id, state, inputs)
        if found is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=found.id,
            properties=_properties(adapter, found.properties),
            inputs=encode(found.inputs, secret=_secret_inputs(adapter)),
        )

    def update(self, request: provider_pb2.UpdateRequest) -> provider_pb2.UpdateResponse:
        adapter = find_adapter(request.type)
        state, old_inputs, news = decode(request.olds), decode(request.old_inputs), decode(request.news)
        resource = self._resource(adapter, news, request.timeout)
        if request.preview:
            properties = resource.plan_update(state, old_inputs, news)
        else:
            with self._each_call_once(request.urn):
                properties = resource.update(request.id, state, old_inputs, news, request.ignoreChanges)
        return provider_pb2.UpdateResponse(properties=_properties(adapter, properties))

    def delete(self, request: provider_pb2.DeleteRequest) -> Empty:
        state = decode(request.properties)
        with self._each_call_once(request.urn):
            self._resource(find_adapter(request.type), state, request.timeout).delete(request.id, state)
        self._reached_the_engine(request.urn)
        return Empty()

    def invoke(self, request: provider_pb2.InvokeRequest) -> provider_pb2.InvokeResponse:
        answer, arguments = find_function(request.tok), decode(request.args)
        region = arguments.pop("region", None) or self._configuration.region
        results = answer(Region(session=self._configured, region=region), arguments)
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(encode(results))  # the field's name is a keyword of Python
        return response

    def end(self) -> None:
        """The engine ends this process. Nothing is left to do but to say what the engine knows."""
        if self._session is not None:
            self._session.creations.confirm()

    def cancel(self, request: Empty) -> Empty:
        if self._session is not None:
            self._session.cancelled.set()
        return Empty()

    @property
    def _configured(self) -> Session:
        if self._session is None:
            raise ConfigurationError(f"the {self._package} provider was asked before it was configured")
        return self._session

    @property
    def _configuration(self) -> Configuration:
        return self._configured.configuration

    def _resource(self, adapter: Adapter, values: Values, timeout_s: float) -> _Resource:
        if isinstance(adapter, Generated):
            return GeneratedLifecycle(adapter=adapter)
        region = values.get("region") or self._configuration.region
        aws = Region(session=self._configured, region=region, timeout_s=timeout_s)
        return Lifecycle(
            adapter=adapter,
            aws=aws,
            default_tags=self._configuration.default_tags,
            ignored_tags=self._configuration.ignored_tags,
        )


class InitFailedError(ProviderError):
    """A resource that exists but is not finished, ready for the wire."""

    def __init__(self, failure: PartialFailureError, properties: Struct) -> None:
        super().__init__(failure.reason)
        self.detail = provider_pb2.ErrorResourceInitFailed(
            id=failure.id, properties=properties, reasons=[failure.reason]
        )


def _secret_inputs(adapter: Adapter) -> Collection[str]:
    return {name for name, declared in adapter.properties.items() if declared.secret}


def _properties(adapter: Adapter, values: Mapping[str, Any]) -> Struct:
    return encode(values, secret={*adapter.secret_outputs, *_secret_inputs(adapter)})
