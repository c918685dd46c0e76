"""Importing pulumi_aws fast changes neither what the SDK knows of its types, nor what a service offers."""

from __future__ import annotations

import json
import subprocess
import sys
import typing
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pulumi
import pytest

from stack import quick_imports
from tests.unit.graph import Graph
from tests.unit.program import ROOT

TYPES = """
import importlib, json, sys
from pulumi import _types

def described(cls, found):
    if cls.__name__ in found:
        return
    types = found[cls.__name__] = {}
    for name, each in _types._types_from_py_properties(cls).items():
        types[name] = repr(each)
        for part in (each, *getattr(each, "__args__", ())):
            if isinstance(part, type) and (_types.is_input_type(part) or _types.is_output_type(part)):
                described(part, found)

found = {}
for service, name in json.load(sys.stdin):
    module = importlib.import_module(f"pulumi_aws.{service}")
    for each in (getattr(module, name), getattr(module, f"{name}Args")):
        described(each, found)
modules = [each for each in sys.modules if each.startswith("pulumi_aws.")]
quick = sys.modules.get("stack.quick_imports")
print(json.dumps({"types": found, "modules": len(modules), "as_usual": sorted(quick.as_usual) if quick else []}))
"""


def _run(graph: Graph, first: str) -> Any:
    classes = sorted(
        {
            (service.split("/")[0], name)
            for package, service, name in (each.type.split(":") for each in graph.resources)
            if package == "aws"
        }
    )
    ran = subprocess.run(
        [sys.executable, "-c", first + TYPES],
        input=json.dumps(classes),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return json.loads(ran.stdout)


@pytest.mark.long
def test_the_sdk_knows_the_same_types(prod: Graph) -> None:
    """It converts names and values by them, so a type that differs is another request to AWS."""
    quick, slow = _run(prod, "import stack.quick_imports"), _run(prod, "")
    assert len(slow["types"]) > 300
    assert quick["types"] == slow["types"]
    assert quick["as_usual"] == []
    assert quick["modules"] < slow["modules"] / 2


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "odd.py"


def _load(loader: Any, file: Path) -> Any:
    spec = spec_from_file_location("pulumi_aws.odd", file, loader=loader("pulumi_aws.odd", str(file)))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_annotations_are_text_and_names_are_the_real_ones(file: Path) -> None:
    file.write_text(
        "import builtins as _builtins\nimport pulumi\nfrom typing import Optional\n"
        "def f(a: pulumi.Input[Optional[_builtins.str]], b: Optional['Odd']): ...\n"
    )
    module = _load(quick_imports._Module, file)
    assert module.f.__annotations__ == {"a": "pulumi.Input[Optional[_builtins.str]]", "b": "Optional['Odd']"}
    assert (module.pulumi, module.Optional) == (pulumi, typing.Optional)


def test_a_module_that_is_not_as_expected_is_imported_as_usual(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release of pulumi_aws with other modules costs time only."""
    monkeypatch.setattr(quick_imports, "as_usual", set())
    file.write_text("from decimal import Decimal\nfrom typing import Optional\ndef f(a: Optional[Decimal]): ...\n")
    module = _load(quick_imports._Module, file)
    assert module.f.__annotations__ == {"a": module.Optional[module.Decimal]}
    assert quick_imports.as_usual == {"pulumi_aws.odd"}


def test_a_service_has_every_name_that_it_had() -> None:
    """A name in no expected file loads the whole service."""
    program = (
        "import stack.quick_imports as quick, pulumi_aws as aws\n"
        "assert callable(aws.ec2.GetAmiResult) and callable(aws.ec2.get_ami) and callable(aws.ec2.get_ami_output)\n"
        "assert aws.ec2.InstanceType.T3_MICRO == 't3.micro' and aws.ec2.outputs.InstanceRootBlockDevice\n"
        "assert not quick.as_usual\n"
        "assert not hasattr(aws.lb, 'Nothing') and quick.as_usual == {'pulumi_aws.lb'}\n"
        "assert 'TargetGroupAttachment' in dir(aws.lb)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_a_type_is_remembered_only_if_it_is_the_same_in_every_module(file: Path) -> None:
    file.write_text(
        "import builtins as _builtins\nimport pulumi\nfrom typing import Optional\n"
        "class Odd: ...\n"
        "def same() -> pulumi.Output[Optional[_builtins.str]]: ...\n"
        "def own() -> pulumi.Output['Odd']: ...\n"
    )
    first, second = (_load(quick_imports._Module, file) for _ in range(2))
    assert first.Odd is not second.Odd
    for module in (first, second, first):
        odd: Any = module.Odd
        places = (vars(module), {"T": type(None)})  # as the SDK passes them
        assert quick_imports.hints(module.same, *places) == typing.get_type_hints(module.same, *places)
        assert quick_imports.hints(module.own, *places) == {"return": pulumi.Output[odd]}
