"""Every name of AWS's in an adapter is in botocore's model of the service.

The embedded AWS overlooks a misspelt name, and AWS does not. Three tests read the adapters' source and tables, so that
they see what no round trip reaches. The round trips see the rest: boto3 refuses arguments that an operation does not
have, and `aws_model.Record` refuses to be asked for a member that the answer cannot have.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.model import OperationModel, ServiceModel
from botocore.model import Shape as AwsShape

from sandbox.provider import aws as aws_adapters
from sandbox.provider.adapter import ADAPTERS, Adapter
from sandbox.provider.aws.blocks import Leaf, Nested, Shape
from sandbox.tests.provider.aws_model import UnknownMemberError, strict

MODULES = [
    importlib.import_module(module.name)
    for module in pkgutil.walk_packages(aws_adapters.__path__, f"{aws_adapters.__name__}.")
]

NAMES_MADE_AT_RUN_TIME = {"data_stores", "tags"}
"""Modules whose operations are put together from parts: every type that uses them has a round trip."""

NOT_RECORDS = {
    "ec2.permissions.INLINE_RULE": "only checks pulumi-aws's names; a rule becomes grants first",
    "elasticbeanstalk.applications.LIFECYCLE": "only checks pulumi-aws's names; AWS has a record for each limit",
    "lb.load_balancers.LOG": "attributes of a load balancer, whose names are texts to AWS",
}
"""Tables that are no records of AWS's."""

WHERE_PULUMI_HAS_THEM = {"CachedMethods", "Locations"}
"""Members of CloudFront's lists that stand beside their items, and that the adapter moves."""

_NO_OPERATIONS = {"get_paginator", "get_waiter", "exceptions", "meta"}


@cache
def model(service: str) -> ServiceModel:
    found: ServiceModel = botocore.session.get_session().get_service_model(service)
    return found


@cache
def operations(service: str) -> dict[str, OperationModel]:
    """The operations of a service, as boto3 spells them."""
    return {xform_name(name): model(service).operation_model(name) for name in model(service).operation_names}


def source(module: ModuleType) -> ast.Module:
    assert module.__file__ is not None
    return ast.parse(Path(module.__file__).read_text())


def service_of(node: ast.AST, module: ModuleType, variables: dict[str, str]) -> str | None:
    """The service of an expression that is a client: `aws.client("ec2")`, or a variable that holds one."""
    match node:
        case ast.Name(name):
            return variables.get(name)
        case ast.Call(func=ast.Attribute(attr="client"), args=[ast.Constant(str(service)), *_]):
            return service
        case ast.Call(func=ast.Attribute(attr="client"), args=[ast.Name(constant), *_]):
            return str(getattr(module, constant))
        case ast.Call(func=ast.Attribute(attr="client")):
            return ""
    return None


def calls(module: ModuleType) -> Iterator[tuple[str, str, set[str]]]:
    """Each call of an operation in a module: the service, the operation, and the names of its arguments."""
    for function in ast.walk(source(module)):
        if not isinstance(function, ast.FunctionDef):
            continue
        variables = {
            node.targets[0].id: service
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and (service := service_of(node.value, module, {})) is not None
        }
        for node in ast.walk(function):
            match node:
                case ast.Call(
                    func=ast.Attribute(
                        attr="paginate",
                        value=ast.Call(func=ast.Attribute(client, "get_paginator"), args=[ast.Constant(operation)]),
                    )
                ):
                    found = service_of(client, module, variables)
                case ast.Call(func=ast.Attribute(client, operation)) if operation not in _NO_OPERATIONS:
                    found = service_of(client, module, variables)
                case _:
                    continue
            if found is not None:
                yield found, str(operation), {keyword.arg for keyword in node.keywords if keyword.arg}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.removeprefix("sandbox.provider.aws."))
def test_operations_and_their_arguments_are_awss(module: ModuleType) -> None:
    for service, operation, arguments in calls(module):
        if not service and module.__name__.rpartition(".")[2] in NAMES_MADE_AT_RUN_TIME:
            continue
        assert operation in operations(service), f"{service} has no operation {operation}"
        shape = operations(service)[operation].input_shape
        assert arguments <= set(shape.members if shape else ()), f"{service}.{operation}"


def shapes(value: Any, name: str) -> Iterator[tuple[str, Shape]]:
    """The tables in a module's or class's value."""
    if isinstance(value, Shape):
        yield name, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from shapes(item, f"{name}[{key}]")
    elif isinstance(value, Nested):
        yield name, value.shape


def tables() -> Iterator[Any]:
    places = (path.rpartition(".") for path in NOT_RECORDS)
    not_records = [getattr(importlib.import_module(f"sandbox.provider.aws.{at}"), name) for at, _, name in places]
    for module in MODULES:
        short = module.__name__.removeprefix("sandbox.provider.aws.")
        own = {name: value for name, value in vars(module).items() if not isinstance(value, ModuleType)}
        classes = [value for value in own.values() if isinstance(value, type) and value.__module__ == module.__name__]
        for holder in (own, *(vars(each) for each in classes)):
            for name, value in holder.items():
                for path, shape in shapes(value, f"{short}.{name}"):
                    if not any(shape is table for table in not_records):
                        yield pytest.param(module, shape, id=path)


def services(module: ModuleType) -> set[str]:
    """The services that a module's folder of adapters calls."""
    folder = module.__name__.removeprefix("sandbox.provider.aws.").partition(".")[0]
    prefix = f"sandbox.provider.aws.{folder}"
    return {adapter.service for adapter in ADAPTERS.values() if f"{type(adapter).__module__}.".startswith(f"{prefix}.")}


def fits(shape: Shape, record: AwsShape | None) -> bool:
    """Whether a record of AWS has every field of a table, nested ones included."""
    while record is not None and record.type_name in ("list", "map"):
        record = record.member if record.type_name == "list" else record.value
    if record is None or record.type_name != "structure":
        return False
    if all(_has(record, field) for field in shape.fields.values()):
        return True
    # A list that AWS wraps into a record: `{"Quantity": 2, "Items": […]}`, `{"Values": […]}`.
    return any(fits(shape, record.members.get(name)) for name in ("Items", "Values"))


def _has(record: AwsShape, field: str | Leaf | Nested) -> bool:
    name = field if isinstance(field, str) else field.name
    if name in WHERE_PULUMI_HAS_THEM:
        return True
    return name in record.members and (not isinstance(field, Nested) or fits(field.shape, record.members[name]))


def records(names: Iterable[str]) -> Iterator[AwsShape]:
    for service in names:
        for name in model(service).shape_names:
            yield model(service).shape_for(name)


@pytest.mark.parametrize(("module", "shape"), list(tables()))
def test_a_table_of_fields_is_a_record_of_awss(module: ModuleType, shape: Shape) -> None:
    assert any(fits(shape, record) for record in records(services(module)))


def test_a_misspelt_name_is_found() -> None:
    """In a table, and in what is read from an answer."""
    right = Shape({"cidr": "CidrBlock", "tenancy": Leaf("InstanceTenancy")})
    wrong = Shape({"cidr": "CidrBlok", "tenancy": Leaf("InstanceTenancy")})
    vpc = model("ec2").shape_for("Vpc")
    assert fits(right, vpc)
    assert not fits(wrong, vpc)
    answer = strict({"VpcId": "vpc-1"}, vpc)
    assert answer.get("CidrBlock") is None
    for read in (answer.get, answer.__getitem__, answer.__contains__):
        with pytest.raises(UnknownMemberError):
            read("Vpcid")


@pytest.mark.parametrize(
    "adapter", [pytest.param(each, id=token) for token, each in sorted(ADAPTERS.items()) if hasattr(each, "tagging")]
)
def test_the_calls_for_tags_are_awss(adapter: Adapter) -> None:
    tagging = adapter.tagging
    known = operations(tagging.service)
    common = {tagging.resource, *tagging.more}
    changes = {tagging.setting: {tagging.tags}}
    changes.setdefault(tagging.removing, set()).add(tagging.keys)
    for operation, members in changes.items():
        assert common | members <= set(known[operation].input_shape.members)
