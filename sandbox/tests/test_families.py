"""The embedded AWS and the provider call the same family of resources by the same file name.

`sandbox/provider/aws/ec2/gateways.py` makes NAT gateways, so what the embedded AWS changes about them lies in
`sandbox/emulator/ec2/gateways.py`. A family's file is its plural noun. A folder is AWS's service in the emulator, and
pulumi-aws's module in the provider, which finds adapters by it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

SANDBOX = Path(__file__).resolve().parents[1]
EMULATOR = SANDBOX / "emulator"
PROVIDER = SANDBOX / "provider" / "aws"

# Where AWS's service and pulumi-aws's module have different names.
MODULES = {"elbv2": "lb", "logs": "cloudwatch", "stepfunctions": "sfn"}

EXCEPTIONS: Mapping[str, str] = {
    "backup/recovery_points.py": "No resource type is a copy: the vault's adapter deletes those that keep the vault",
    "cloudwatch/alarms.py": "CloudWatch lists and deletes metric alarms and composite alarms with one operation",
    "rds/pending_changes.py": "What waits for the maintenance window is made when the instances are read",
    "s3/buckets.py": "Deleting the encryption goes back to the encryption of a new bucket, which is written there",
}

# Both are services that moto does not have (Elastic Beanstalk: only in part), so they have moto's own files of a
# service: operations of all families are in the classes of `responses.py`.
WHOLE_SERVICES = ("bcmdataexports", "elasticbeanstalk")

_MODULES_OF_EMULATOR = sorted(
    path
    for path in EMULATOR.rglob("*.py")
    if path.relative_to(EMULATOR).parts[0].removesuffix(".py") not in WHOLE_SERVICES
)


@pytest.mark.parametrize("path", _MODULES_OF_EMULATOR, ids=lambda path: str(path.relative_to(EMULATOR)))
def test_an_operation_is_in_the_file_that_is_named_like_its_adapters(path: Path) -> None:
    """What the embedded AWS changes of an operation is in a file named like the adapters that call it."""
    name = str(path.relative_to(EMULATOR))
    elsewhere = {
        operation: sorted(users)
        for operation in _changed(path)
        if (users := _users(_service(path), operation)) and path.stem not in users
    }
    if name in EXCEPTIONS:
        assert elsewhere, f"{name} needs its exception no longer"
    else:
        assert not elsewhere


def test_the_exceptions_are_files() -> None:
    assert all((EMULATOR / name).is_file() for name in EXCEPTIONS)


@pytest.mark.parametrize("family", ["applications", "environments", "platforms"])
def test_the_families_of_elastic_beanstalk_have_one_name(family: str) -> None:
    for side in (EMULATOR, PROVIDER):
        assert (side / "elasticbeanstalk" / f"{family}.py").is_file()


def _service(path: Path) -> str:
    return path.relative_to(EMULATOR).parts[0].removesuffix(".py")


def _changed(path: Path) -> Iterator[str]:
    """The operations that a module of the emulator adds, or patches the function of, as boto3 spells them."""
    operations = _operations(_service(path))
    functions = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef))
    for node in functions:
        for decorator in node.decorator_list:
            match decorator:
                case ast.Call(func=ast.Name("operation")):
                    yield node.name
                case ast.Call(func=ast.Name("patch"), args=[ast.Constant(str(target))]):
                    function = target.rpartition(".")[2]
                    if function in operations:
                        yield function


def _users(service: str, operation: str) -> set[str]:
    """The names of the provider's files that call an operation of a service."""
    module = MODULES.get(service, service)
    files = [*(PROVIDER / module).glob("*.py"), *PROVIDER.glob(f"{module}.py")]
    return {path.stem for path in files if operation in _names(path)}


@cache
def _names(path: Path) -> frozenset[str]:
    """The attributes and the texts in a module: an operation is one or the other (`get_paginator("list_keys")`)."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return frozenset(attributes | texts)


@cache
def _operations(service: str) -> frozenset[str]:
    session = botocore.session.get_session()
    if service not in session.get_available_services():
        return frozenset()
    return frozenset(xform_name(name) for name in session.get_service_model(service).operation_names)
