"""What AWS offers: instance types with their processors, by region; engine versions; zones; log retention.

``generated/aws.json`` holds it, with its date. ``python -m settings.generated.refresh`` writes a newer one.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from settings.values import Limit

FACTS = Path(__file__).parent / "generated" / "aws.json"


class Service(StrEnum):
    """Whose instance types."""

    EC2 = "ec2"
    RDS = "rds"
    """For MySQL."""
    ELASTICACHE = "elasticache"
    OPENSEARCH = "opensearch"


@functools.cache
def facts() -> Mapping[str, Any]:
    """The whole file."""
    read: Mapping[str, Any] = json.loads(FACTS.read_text(encoding="utf-8"))
    return read


@functools.cache
def offered(service: Service, region: str | None = None) -> frozenset[str]:
    """The types of a service in a region, or in any if none is given; empty for a region that is not in the file."""
    regions = facts()["types"][service]
    suffix = ".search" if service is Service.OPENSEARCH else ""
    return frozenset(
        f"{family}.{size}{suffix}"
        for name, families_by_sizes in regions.items()
        if region in (None, name)
        for sizes, families in families_by_sizes.items()
        for family in families.split()
        # A Mac is a whole host, and runs nothing else.
        if not family.startswith("mac")
        for size in sizes.split()
    )


@functools.cache
def _kinds() -> Mapping[str, str]:
    return {family: kind for kind, families in facts()["kinds"].items() for family in families.split()}


def architecture(instance_type: str) -> str:
    """The processor architecture of an EC2 type, as AWS calls it: ``arm64`` for AWS's Graviton, ``x86_64``."""
    return _kinds().get(instance_type.partition(".")[0], "x86_64 ").partition(" ")[0]


def is_nitro(instance_type: str) -> bool:
    """Whether an EC2 type is of the Nitro system, as all of bare metal are, and not Xen-based."""
    family, _, size = instance_type.partition(".")
    return size.startswith("metal") or _kinds().get(family, "").endswith(" nitro")


def since() -> str:
    """What to do if AWS offers something since the file was written."""
    return (
        f"If AWS offers it since {facts()['date']}, run python -m settings.generated.refresh, "
        "which needs requirements-dev.txt."
    )


def _offered_by(service: Service, expected: str) -> Limit:
    form = {Service.RDS: "db.*", Service.ELASTICACHE: "cache.*", Service.OPENSEARCH: "*.search"}.get(service, "*.*")
    return Limit(
        expected=expected,
        holds=lambda name: name in offered(service),
        fix=lambda name: since() if fnmatchcase(name, form) else "",
    )


def _version_of(engine: str) -> Limit:
    versions: list[str] = facts()["engine_versions"][engine]
    return Limit(
        expected=f"one of {', '.join(versions)}, without the patch level", holds=lambda version: version in versions
    )


Ec2Type = Annotated[str, _offered_by(Service.EC2, "an instance type of EC2, such as c7g.xlarge")]
DatabaseClass = Annotated[str, _offered_by(Service.RDS, "a class of RDS for MySQL, such as db.r8g.4xlarge")]
CacheNodeType = Annotated[str, _offered_by(Service.ELASTICACHE, "a node type of ElastiCache, such as cache.r7g.large")]
SearchType = Annotated[str, _offered_by(Service.OPENSEARCH, "an instance type of OpenSearch, such as r7g.large.search")]
MySqlVersion = Annotated[str, _version_of("mysql")]
ValkeyVersion = Annotated[str, _version_of("valkey")]
OpenSearchVersion = Annotated[str, _version_of("opensearch")]
