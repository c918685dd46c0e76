"""Sizes of DB instances that RDS refuses.

Sources: RDS user guide, "Amazon RDS DB instance storage", "Managing capacity automatically with Amazon RDS storage
autoscaling" and "Amazon RDS DB engine, Region, and instance class support for Performance Insights".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.emulator.errors import AwsError
from sandbox.emulator.instance_types import Offer, exists, is_offered

STRIPED_ENGINES = ("mysql", "mariadb", "postgres")
STRIPED_FROM_GIB = 400
"""From this size on, gp3 volumes of these engines have a higher baseline, and IOPS and throughput can be chosen."""
STRIPED_BASELINE = (12_000, 500)
"""IOPS, and MiB a second."""
BASELINE = (3_000, 125)

_STORAGE_GIB = range(20, 65_536 + 1)
_CLASS = re.compile(r"db\.[a-z0-9-]+(\.[a-z0-9-]+)+")
_WITHOUT_INSIGHTS = re.compile(r"db\.t(2|3|4g)\.(micro|small)")


def is_striped(engine: str, gib: int) -> bool:
    """Whether a gp3 volume has the higher baseline."""
    return engine in STRIPED_ENGINES and gib >= STRIPED_FROM_GIB


def check(engine: str, settings: Mapping[str, Any], *, region: str, before: Mapping[str, Any] | None = None) -> None:
    """Raise ``AwsError`` for settings of an instance that RDS refuses.

    ``settings`` are those of the request, under moto's names, and ``before`` those of the instance that it changes.
    """
    before = before or {}
    all_settings = {**before, **{name: value for name, value in settings.items() if value is not None}}
    _check_class(engine, all_settings, region)
    gib = int(all_settings.get("allocated_storage") or 0)
    storage_type = all_settings.get("storage_type")
    if engine == "mysql" and gib and gib not in _STORAGE_GIB:
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid storage size for engine name {engine} and storage type {storage_type}: {gib}",
        )
    if gib < int(before.get("allocated_storage") or 0):
        raise AwsError(
            "InvalidParameterCombination",
            f"Requested storage size ({gib}) cannot be less than the current storage size "
            f"({before['allocated_storage']}).",
        )
    most = int(all_settings.get("max_allocated_storage") or 0)
    # A change to exactly the size of the storage turns autoscaling off.
    is_off = bool(before) and most in (gib, int(before.get("allocated_storage") or 0))
    if most and not is_off and most * 10 < gib * 11:
        raise AwsError(
            "InvalidParameterCombination",
            f"Invalid max storage size for engine name {engine} and storage type {storage_type}: {most}. It must be at "
            f"least 10% above the allocated storage ({gib}).",
        )
    if storage_type == "gp3":
        _check_gp3(engine, gib, settings)


def _check_class(engine: str, settings: Mapping[str, Any], region: str) -> None:
    size = settings.get("db_instance_class")
    is_known = engine != "mysql" or exists(Offer.MYSQL, size or "")
    if size and not (_CLASS.fullmatch(size) and is_known):
        raise AwsError("InvalidParameterValue", f"Invalid DB Instance class: {size}")
    if size and engine == "mysql" and not is_offered(Offer.MYSQL, size, region):
        raise AwsError(
            "InvalidParameterCombination",
            f"RDS does not support creating a DB instance with the following combination: DBInstanceClass={size}, "
            f"Engine={engine}, EngineVersion={settings.get('engine_version')}, LicenseModel=general-public-license. "
            "For supported combinations of instance class and database engine version, see the documentation.",
        )
    if engine == "mysql" and settings.get("enable_performance_insights") and _WITHOUT_INSIGHTS.fullmatch(size or ""):
        raise AwsError("InvalidParameterCombination", "Performance Insights not supported for this configuration.")


def _check_gp3(engine: str, gib: int, settings: Mapping[str, Any]) -> None:
    """A small volume has the baseline only, and a striped one no less than its own."""
    asked = (settings.get("iops"), settings.get("storage_throughput"))
    if engine not in STRIPED_ENGINES:
        return
    if gib < STRIPED_FROM_GIB:
        if any(asked):
            raise AwsError(
                "InvalidParameterCombination",
                f"You can't specify IOPS or storage throughput for engine {engine} and a storage size "
                f"less than {STRIPED_FROM_GIB}.",
            )
        return
    for name, value, least in zip(("IOPS", "storage throughput"), asked, STRIPED_BASELINE, strict=True):
        if value and int(value) < least:
            raise AwsError(
                "InvalidParameterCombination",
                f"You can't specify {name} of less than {least} for engine {engine} and a storage size of "
                f"{STRIPED_FROM_GIB} or more: {value}",
            )
