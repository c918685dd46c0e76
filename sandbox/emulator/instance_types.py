"""Which types of instances AWS offers in a region, by the price lists that cfn-lint has. moto's server requires it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES


class Offer(StrEnum):
    """Whose types, by the file of cfn-lint."""

    EC2 = "aws_ec2_instance/instancetype_enum.json"
    MYSQL = "aws_rds_dbinstance/dbinstanceclass_enum.json"
    ELASTICACHE = "aws_elasticache_cachecluster/cachenodetype_enum.json"
    OPENSEARCH = "aws_opensearchservice_domain/clusterconfig_instancetype_enum.json"


def exists(offer: Offer, name: str) -> bool:
    """Whether AWS offers the type in any region."""
    return any(name in types for types in _by_region(offer).values())


def is_offered(offer: Offer, name: str, region: str) -> bool:
    """Whether AWS offers the type in the region. In a region that cfn-lint does not know, any type will do."""
    types = _by_region(offer).get(region)
    return types is None or name in types


def processors(name: str) -> list[str]:
    """The architectures of an EC2 type, or nothing for one that is newer than moto's list."""
    found: list[str] = INSTANCE_TYPES.get(name, {}).get("ProcessorInfo", {}).get("SupportedArchitectures", [])
    return found


@cache
def _by_region(offer: Offer) -> Mapping[str, frozenset[str]]:
    package = find_spec("cfnlint")  # to import it takes two seconds
    if package is None or package.origin is None:
        raise ModuleNotFoundError("cfnlint: got no package, expected the one that moto[server] requires")
    path = Path(package.origin).parent / "data" / "schemas" / "extensions" / offer
    regions: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {name: frozenset(_types(each)) for name, each in regions.items() if isinstance(each, dict)}


def _types(schema: Mapping[str, Any]) -> Iterable[str]:
    """All of a schema's types, or those of its rules for MySQL."""
    if "enum" in schema:
        yield from schema["enum"]
    for rule in schema.get("allOf", ()):
        if rule["if"]["properties"].get("Engine", {}).get("const") == "mysql":
            yield from rule["then"]["properties"]["DBInstanceClass"]["enum"]
