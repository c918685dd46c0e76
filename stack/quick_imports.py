"""Imports pulumi_aws in half the time. Import it first, for its effect. Without this file, the program does the same.

Python spends most of the time of these imports on what the program does not use:

- It imports every resource of a service for one of them: 967 modules of pulumi_aws, of which 376 are needed.
- It evaluates 150,000 annotations. The SDK reads those of the classes that the program uses, and takes text as well
  (PEP 563), so here they become text.
- It works out the type in each text anew. Most are a few, such as ``pulumi.Output[_builtins.str]``.
- The garbage collector searches all that is imported, and finds nothing to free.

A module that is not as expected is imported as usual. Delete this file when pulumi_aws's modules begin with
``from __future__ import annotations`` and a service no longer imports all of its resources.
"""

from __future__ import annotations

import builtins
import functools
import gc
import importlib
import re
import sys
import typing
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import pulumi
from pulumi import _types

_PACKAGE = "pulumi_aws."

as_usual: set[str] = set()
"""The modules that were not as expected."""


class _Text(str):
    """The source of a type, in place of the type."""

    __slots__ = ()


class _Generic:
    """Stands for a generic type while a module is imported."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getitem__(self, item: Any) -> _Text:
        return _Text(f"{self._name}[{_text(item)}]")


def _text(item: Any) -> str:
    match item:
        case _Text():
            return item
        case str():
            return repr(item)
        case tuple():
            return ", ".join(map(_text, item))
    return _name(item)


@functools.cache
def _name(item: Any) -> str:
    """The name of a type in pulumi_aws's modules. Raises LookupError or AttributeError if it has none."""
    if item is None or item is Any:
        return "None" if item is None else "Any"
    name: str = item.__name__
    if item.__module__.startswith(_PACKAGE):
        return name
    for module, prefix in ((builtins, "_builtins"), (pulumi, "pulumi")):
        if getattr(module, name, None) is item:
            return f"{prefix}.{name}"
    raise LookupError(f"{item!r}: got a type of another module, expected Python's, Pulumi's or this package's")


def _unchanged(function: Any) -> Any:
    return function


class _StandIn(ModuleType):
    """A module with some of its names replaced."""

    def __init__(self, module: ModuleType, replaced: dict[str, Any]) -> None:
        super().__init__(module.__name__)
        self.module = module
        self.replaced = replaced
        self.__dict__.update(replaced)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.module, name)


_GENERICS = ("Awaitable", "Mapping", "NotRequired", "Optional", "Sequence", "Union")
_TYPING = _StandIn(typing, {name: _Generic(name) for name in _GENERICS} | {"TypedDict": dict, "overload": _unchanged})
_PULUMI = _StandIn(pulumi, {name: _Generic(f"pulumi.{name}") for name in ("Input", "InputType", "Output")})


def _import(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
    """Python's ``__import__``, with the stand-ins for a module that is being imported."""
    imported = __import__(name, globals, locals, fromlist, level)
    if globals and globals.get("__builtins__") is _BUILTINS:
        for each in (_TYPING, _PULUMI):
            if imported is each.module:
                return each
    return imported


_BUILTINS = vars(builtins) | {"__import__": _import}


class _Module(SourceFileLoader):
    """Loads a module with its annotations as text."""

    def exec_module(self, module: ModuleType) -> None:
        names = vars(module)
        before = dict(names)
        try:
            names["__builtins__"] = _BUILTINS
            exec(typing.cast(Any, self.get_code(module.__name__)), names)
            names["__builtins__"] = vars(builtins)
            for name, value in names.items():
                if value is _PULUMI:
                    names[name] = pulumi
                elif name in _TYPING.replaced and value is _TYPING.replaced[name]:
                    names[name] = getattr(typing, name)
        except Exception:
            as_usual.add(module.__name__)
            names.clear()
            names.update(before)
            super().exec_module(module)


class _Service(SourceFileLoader):
    """Loads a service without its resources. A name that is asked for loads the module that has it."""

    def exec_module(self, module: ModuleType) -> None:
        names = vars(module)
        source = Path(self.path).read_text()
        modules = set(re.findall(r"^from \.(\w+) import \*$", source, re.MULTILINE))
        submodules = set(re.findall(r"^from \. import (\w+)$", source, re.MULTILINE))
        load = super().exec_module

        def find(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            if name in submodules:
                return importlib.import_module(f"{module.__name__}.{name}")
            for candidate in (_file_of(name), "_inputs", "_enums"):
                if candidate in modules:
                    loaded = importlib.import_module(f"{module.__name__}.{candidate}")
                    # Functions have the names of their modules, so a module must not keep its name here.
                    names.update({each: getattr(loaded, each) for each in loaded.__all__})
                    if name in loaded.__all__:
                        return names[name]
            as_usual.add(module.__name__)
            del names["__getattr__"]
            load(module)
            return getattr(module, name)

        names["__getattr__"] = find


def _file_of(name: str) -> str:
    """Where the SDK puts a resource, or a function with the type of its result: GetAmiResult is in get_ami.py."""
    words = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
    return re.sub(r"_(output|result|args)$", "", words)


class _Finder:
    """Chooses the loaders of pulumi_aws's modules."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not name.startswith(_PACKAGE):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or type(spec.loader) is not SourceFileLoader:
            return None
        loader = _Module if spec.submodule_search_locations is None else _Service
        spec.loader = loader(name, spec.loader.path)
        return spec


_SAME_EVERYWHERE = re.compile(r"(?:(?:pulumi|_builtins)\.\w+|Any|Mapping|None|Optional|Sequence|Union|[\[\], ])+")
"""A text that is the same type in every module: it names nothing of pulumi_aws."""
_found: dict[str, dict[str, Any]] = {}


def hints(annotated: Any, globalns: Any = None, localns: Any = None) -> dict[str, Any]:
    """The same as ``typing.get_type_hints``, which the SDK asks for the type of each property."""
    annotations = getattr(annotated, "__annotations__", {})
    text = annotations.get("return")
    if type(text) is not _Text or len(annotations) > 1 or not _SAME_EVERYWHERE.fullmatch(text):
        return typing.get_type_hints(annotated, globalns, localns)
    if text not in _found:
        _found[text] = typing.get_type_hints(annotated, globalns, localns)
    return _found[text]


if getattr(_types, "get_type_hints", None) is typing.get_type_hints:
    vars(_types)["get_type_hints"] = hints
gc.disable()
sys.meta_path.insert(0, typing.cast(Any, _Finder))
