"""The MySQL versions that RDS offers, and their parameter group families."""

from __future__ import annotations

import re
from typing import Any

from moto.rds.responses import RDSResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation

NEWEST_PATCH = {"8.0": "8.0.44", "8.4": "8.4.7"}
"""The patch release for a version without a patch number. Source: RDS user guide, MySQL versions, end of 2025."""

MYSQL_FAMILIES = tuple(f"mysql{version}" for version in NEWEST_PATCH)

_MYSQL_VERSION = re.compile(r"(?P<minor>\d+\.\d+)(\.\d+)?")


def mysql_version(asked: str | None) -> str:
    """The full version for a requested one; the newest for None. Raises ``AwsError`` for an unknown release.

    Every patch of a known release is accepted, since AWS adds some every quarter.
    """
    if asked is None:
        return max(NEWEST_PATCH.values())
    match = _MYSQL_VERSION.fullmatch(asked)
    if match is None or match["minor"] not in NEWEST_PATCH:
        raise AwsError("InvalidParameterCombination", f"Cannot find version {asked} for mysql")
    return NEWEST_PATCH.get(asked, asked)


@operation(RDSResponse)
def describe_db_engine_versions(_response: RDSResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """The newest patch release of each MySQL release. A version that is not in the list is one that AWS deprecated."""
    asked = parameters.get("EngineVersion")
    if parameters.get("Engine", "mysql") != "mysql":
        return {"DBEngineVersions": []}
    return {
        "DBEngineVersions": [
            {
                "Engine": "mysql",
                "EngineVersion": patch,
                "MajorEngineVersion": release,
                "DBParameterGroupFamily": f"mysql{release}",
                "DBEngineDescription": "MySQL Community Edition",
                "DBEngineVersionDescription": f"MySQL {patch}",
                "Status": "available",
                "ExportableLogTypes": ["audit", "error", "general", "slowquery"],
                "SupportsReadReplica": True,
            }
            for release, patch in NEWEST_PATCH.items()
            if asked in (None, release, patch)
        ]
    }
