"""The MySQL releases that RDS runs, and the parameter group families that go with them."""

from __future__ import annotations

import re

from sandbox.emulator.errors import AwsError

NEWEST_PATCH = {"8.0": "8.0.44", "8.4": "8.4.7"}
"""What RDS starts for a version without its patch number. Source: RDS user guide, MySQL versions, end of 2025."""

MYSQL_FAMILIES = tuple(f"mysql{version}" for version in NEWEST_PATCH)

_MYSQL_VERSION = re.compile(r"(?P<minor>\d+\.\d+)(\.\d+)?")


def mysql_version(asked: str | None) -> str:
    """The full version that ``asked`` gets; the newest when None. Any patch of a known release is taken, since AWS adds
    some every quarter. Raises ``AwsError`` InvalidParameterCombination for another release."""
    if asked is None:
        return max(NEWEST_PATCH.values())
    match = _MYSQL_VERSION.fullmatch(asked)
    if match is None or match["minor"] not in NEWEST_PATCH:
        raise AwsError("InvalidParameterCombination", f"Cannot find version {asked} for mysql")
    return NEWEST_PATCH.get(asked, asked)
