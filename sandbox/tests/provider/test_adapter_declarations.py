"""Every adapter speaks pulumi-aws's (or pulumi-random's) own names: held against the SDK's classes."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any

import pytest

from sandbox.provider import aws as aws_adapters
from sandbox.provider.adapter import ADAPTERS, FUNCTIONS, GLOBAL_SERVICES, Adapter

# Importing an adapter's module is what makes it known.
for module in pkgutil.walk_packages(aws_adapters.__path__, f"{aws_adapters.__name__}."):
    importlib.import_module(module.name)
importlib.import_module("sandbox.provider.random")


def sdk_class(token: str) -> Any:
    """The SDK's class of a resource type token."""
    package, path, name = token.split(":")
    module = path.partition("/")[0]
    root = f"pulumi_{package}"
    return getattr(importlib.import_module(root if module == "index" else f"{root}.{module}"), name)


def wire_names(cls: Any) -> set[str]:
    """The names that a class's properties have on the wire."""
    return {
        getattr(member.fget, "_pulumi_name", name)
        for name, member in inspect.getmembers(cls, lambda member: isinstance(member, property))
    } - {"pulumi_resource_name", "pulumi_resource_type", "urn"}


def arguments_class(cls: Any) -> Any:
    """The SDK's class of a resource's inputs."""
    module = importlib.import_module(cls.__module__)
    # Where the plain name belongs to a nested type, the SDK calls a resource's arguments by the other one.
    return getattr(module, f"{cls.__name__}InitArgs", None) or getattr(module, f"{cls.__name__}Args")


def input_names(cls: Any) -> set[str]:
    return wire_names(arguments_class(cls))


@pytest.fixture(params=[pytest.param(adapter, id=token) for token, adapter in sorted(ADAPTERS.items())])
def adapter(request: pytest.FixtureRequest) -> Adapter:
    assert isinstance(request.param, Adapter)
    return request.param


def test_the_token_is_the_sdks(adapter: Adapter) -> None:
    """A misspelt token would never be asked for."""
    assert sdk_class(adapter.token).pulumi_type == adapter.token


def test_every_property_is_an_input_of_the_sdks(adapter: Adapter) -> None:
    """A misspelt property would refuse the right one. ``region`` is the plugin's."""
    assert adapter.properties.keys() - input_names(sdk_class(adapter.token)) == set()
    assert "region" not in adapter.properties


def test_every_output_is_one_of_the_sdks(adapter: Adapter) -> None:
    """A misspelt output would leave the program with nothing."""
    known = wire_names(sdk_class(adapter.token))
    assert set(adapter.outputs) - known == set()
    declared = set(adapter.outputs) | adapter.properties.keys()
    assert {*adapter.secret_outputs, *adapter.volatile_outputs} - declared == set()
    assert set(adapter.outputs) & adapter.properties.keys() == set()


def test_what_the_sdk_requires_is_required(adapter: Adapter) -> None:
    """Or the adapter would fail on a property that the SDK requires."""
    arguments = arguments_class(sdk_class(adapter.token))
    required = {
        getattr(getattr(arguments, name).fget, "_pulumi_name", name)
        for name, argument in inspect.signature(arguments.__init__).parameters.items()
        if argument.default is inspect.Parameter.empty and not name.startswith("__") and name != "self"
    }
    assert required - {name for name, declared in adapter.properties.items() if declared.required} == set()


def test_tags_are_handled_where_the_type_has_them(adapter: Adapter) -> None:
    """A type with tags that the adapter leaves out would refuse every program that tags all it makes."""
    assert ("tags" in adapter.properties) == ("tags" in input_names(sdk_class(adapter.token)))


def test_global_types_have_no_region(adapter: Adapter) -> None:
    """The plugin tells by the service whether a type takes ``region``."""
    if adapter.token.startswith("aws:"):
        assert (adapter.service not in GLOBAL_SERVICES) == ("region" in input_names(sdk_class(adapter.token)))


@pytest.mark.parametrize("token", sorted(FUNCTIONS))
def test_functions_are_the_sdks(token: str) -> None:
    """A misspelt function would never be asked for."""
    package, path, name = token.split(":")
    module = path.partition("/")[0]
    root = f"pulumi_{package}"
    members = importlib.import_module(root if module == "index" else f"{root}.{module}")
    spelled = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    assert token in inspect.getsource(getattr(members, spelled))
