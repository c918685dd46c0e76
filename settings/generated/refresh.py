"""``python -m settings.generated.refresh`` writes ``aws.json``: what AWS offers, and in which regions.

It needs the packages of ``requirements-dev.txt`` and PyPI, and no AWS account. Its sources are AWS's price lists as
cfn-lint has them (types by region, versions of MySQL and Valkey, zones), botocore's service models (days of log
retention) and moto's copy of DescribeInstanceTypes (processors and hypervisors). None of them has OpenSearch's
versions, which are listed below.
"""

from __future__ import annotations

import ast
import gzip
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import botocore.session

from settings.instance_types import FACTS
from settings.stack_file import OTHER_PARTITIONS

COMMAND = "python -m settings.generated.refresh"
_EXTENSIONS = Path("cfnlint", "data", "schemas", "extensions")
_ENUMS = {
    "ec2": "aws_ec2_instance/instancetype_enum.json",
    "elasticache": "aws_elasticache_cachecluster/cachenodetype_enum.json",
    "opensearch": "aws_opensearchservice_domain/clusterconfig_instancetype_enum.json",
}
_OPENSEARCH = ("3.1", "3.3", "3.5", "3.7")
"""The versions from 3 on, which is the oldest that Magento supports ("Supported versions of Elasticsearch and
OpenSearch", November 2026)."""
_MYSQL = re.compile(r"(8\.\d+|9\.\d+)\..*")
"""Older ones have extended support only, for a surcharge, and other parameters."""
_ARM64 = re.compile(r"([a-z]+\d+[a-z]*g[a-z]*|a1)\..*")
_XEN = re.compile(r"(f1|g2|g3s?|h1|i2|i3|p2|p3|x1e?|[cmr][34]|d2|t[12])\..*")
"""For types that moto does not know: "Amazon EC2 instance type naming conventions", "Xen-based instances"."""


def main() -> None:
    """Download what is needed, and write the file."""
    with TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, "cfn-lint"]
        subprocess.run(pip, check=True)
        found = _facts(Path(folder))
    FACTS.write_text(f"{json.dumps(found, indent=1)}\n", encoding="utf-8")
    print(f"{FACTS} is written")


def _facts(package: Path) -> dict[str, Any]:
    offered = {service: _by_region(package / _EXTENSIONS / path) for service, path in _ENUMS.items()}
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "engine_versions": {
            "mysql": _mysql_versions(package),
            "valkey": _valkey_versions(package),
            "opensearch": list(_OPENSEARCH),
        },
        "log_retention_days": _retention_days(),
        "zones": _zones(package),
        "kinds": _kinds(offered["ec2"]),
        "types": {
            "ec2": _short(offered["ec2"]),
            "rds": _short(_database_classes(package)),
            "elasticache": _short(offered["elasticache"]),
            "opensearch": _short(offered["opensearch"]),
        },
    }


def _is_ours(region: str) -> bool:
    return not region.startswith(OTHER_PARTITIONS)


def _by_region(path: Path) -> dict[str, set[str]]:
    read = json.loads(path.read_text(encoding="utf-8"))
    return {name: set(each["enum"]) for name, each in read.items() if "-" in name and _is_ours(name)}


def _database_classes(package: Path) -> dict[str, set[str]]:
    """The classes of MySQL by region, as far as a version of the program's has them."""
    folder = package / _EXTENSIONS / "aws_rds_dbinstance"
    supported = {
        size
        for rule in json.loads((folder / "db_instance_class.json").read_text(encoding="utf-8"))["allOf"]
        if _is_about_mysql(rule) and re.search(r"\^\((8|9)\\", rule["if"]["properties"]["EngineVersion"]["pattern"])
        for size in rule["then"]["properties"]["DBInstanceClass"]["enum"]
    }
    regions = json.loads((folder / "dbinstanceclass_enum.json").read_text(encoding="utf-8"))
    return {
        region: {
            size
            for rule in schema["allOf"]
            if _is_about_mysql(rule)
            for size in rule["then"]["properties"]["DBInstanceClass"]["enum"]
        }
        & supported
        for region, schema in regions.items()
        if _is_ours(region)
    }


def _is_about_mysql(rule: Mapping[str, Any]) -> bool:
    return bool(rule["if"]["properties"].get("Engine", {}).get("const") == "mysql")


def _mysql_versions(package: Path) -> list[str]:
    folder = package / _EXTENSIONS / "aws_rds_dbinstance"
    rules = json.loads((folder / "engine_version.json").read_text(encoding="utf-8"))["allOf"]
    listed = next(rule["then"]["properties"]["EngineVersion"]["enum"] for rule in rules if _is_about_mysql(rule))
    return sorted({found[1] for each in listed if (found := _MYSQL.fullmatch(each))})


def _valkey_versions(package: Path) -> list[str]:
    path = package / _EXTENSIONS / "aws_elasticache_cachecluster" / "engine_version.json"
    rules = json.loads(path.read_text(encoding="utf-8"))["allOf"]
    listed = [rule for rule in rules if rule["if"]["properties"].get("Engine", {}).get("const") == "valkey"]
    return sorted(listed[0]["then"]["properties"]["EngineVersion"]["enum"])


def _retention_days() -> list[int]:
    days = botocore.session.get_session().get_service_model("logs").shape_for("Days").documentation
    listed = days.partition("Possible values are:")[2].partition(".")[0]
    return [int(each) for each in re.findall(r"\d+", listed)]


def _zones(package: Path) -> dict[str, str]:
    """The letters of each region's zones."""
    tree = ast.parse((package / "cfnlint" / "helpers.py").read_text(encoding="utf-8"))
    table = next(
        ast.literal_eval(statement.value)
        for statement in tree.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        and statement.value is not None
        and "AVAILABILITY_ZONES" in ast.unparse(statement).partition("=")[0]
    )
    # Which two of three letters an account sees in us-west-1 differs between accounts.
    letters = {
        region: "".join(sorted(zone.removeprefix(region) for zone in zones if len(zone) == len(region) + 1))
        for region, zones in sorted(table.items())
        if _is_ours(region)
    }
    return {**letters, "us-west-1": "abc"}


def _kinds(offered: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Families by processor and hypervisor."""
    packed = files("moto").joinpath("ec2", "resources", "instance_types.json.gz").read_bytes()
    described = json.loads(gzip.decompress(packed))
    kinds: dict[str, set[str]] = {}
    for name in {each for types in offered.values() for each in types}:
        # All types of bare metal are of the Nitro system, whatever the others of the family are.
        if ".metal" not in name or name.startswith("mac"):
            kinds.setdefault(_kind(name, described.get(name)), set()).add(name.partition(".")[0])
    return {kind: " ".join(sorted(families)) for kind, families in sorted(kinds.items())}


def _kind(name: str, described: Mapping[str, Any] | None) -> str:
    if described is None:
        return f"{'arm64' if _ARM64.fullmatch(name) else 'x86_64'} {'xen' if _XEN.fullmatch(name) else 'nitro'}"
    processors = described["ProcessorInfo"]["SupportedArchitectures"]
    return f"{'x86_64' if 'x86_64' in processors else processors[0]} {described.get('Hypervisor') or 'nitro'}"


def _short(offered: Mapping[str, set[str]]) -> dict[str, dict[str, str]]:
    """Each region's types: families by the sizes that they have there."""
    return {region: _families(types) for region, types in sorted(offered.items())}


def _families(types: Iterable[str]) -> dict[str, str]:
    sizes: dict[str, set[str]] = {}
    for each in types:
        family, size = each.removesuffix(".search").rsplit(".", 1)
        sizes.setdefault(family, set()).add(size)
    by_sizes: dict[str, list[str]] = {}
    for family, of_family in sorted(sizes.items()):
        by_sizes.setdefault(" ".join(sorted(of_family)), []).append(family)
    return {of_families: " ".join(families) for of_families, families in sorted(by_sizes.items())}


if __name__ == "__main__":
    main()
