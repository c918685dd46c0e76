"""Finds the adapter of a type token, importing only the module of its service."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from sandbox.provider.adapter import ADAPTERS, FUNCTIONS, Adapter, Function
from sandbox.provider.errors import MissingAdapterError


def find_adapter(token: str) -> Adapter:
    """The adapter of a resource type. Raises ``MissingAdapterError`` naming the file to add it in."""
    _load(token)
    if token not in ADAPTERS:
        raise MissingAdapterError(
            f"{token}: got a resource type without an adapter, expected one that the sandbox has. "
            f"Add an adapter in {_file(module_of(token))}."
        )
    return ADAPTERS[token]


def find_function(token: str) -> Function:
    """The data source of a function token. Raises ``MissingAdapterError`` naming the file to add it in."""
    _load(token)
    if token not in FUNCTIONS:
        raise MissingAdapterError(
            f"{token}: got a function that the sandbox does not answer, expected one that it does. "
            f"Add it in {_file(module_of(token))}."
        )
    return FUNCTIONS[token]


def module_of(token: str) -> str:
    """The Python module of a token: ``sandbox.provider.aws.ec2`` for ``aws:ec2/vpc:Vpc``."""
    package, path, _ = token.split(":", 2)
    if package == "random":
        return "sandbox.provider.random"
    return f"sandbox.provider.{package}.{path.partition('/')[0]}"


def file_of(adapter: Adapter) -> str:
    """The file that declares an adapter, from the repository's root."""
    return _file(type(adapter).__module__)


def _load(token: str) -> None:
    module = module_of(token)
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        # Only "this service has no module yet" is an answer; a module that fails to import something is a fault.
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise


def _file(module: str) -> str:
    path = module.replace(".", "/")
    spec = find_spec(module) if find_spec(module.rpartition(".")[0]) else None
    return f"{path}/" if spec and spec.submodule_search_locations else f"{path}.py"
