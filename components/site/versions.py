"""Which versions Magento supports together (Adobe, "System requirements", 2026)."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Supported:
    """The versions that one Magento line is supported with: major.minor of PHP and MySQL, major of the other two."""

    php: tuple[str, ...]
    mysql: tuple[str, ...]
    valkey: tuple[str, ...]
    opensearch: tuple[str, ...]


SUPPORTED = {
    "2.4.8": Supported(php=("8.3", "8.4"), mysql=("8.4",), valkey=("8",), opensearch=("3",)),
    "2.4.9": Supported(php=("8.4", "8.5"), mysql=("8.4",), valkey=("8", "9"), opensearch=("3",)),
}
"""Older lines are left out on purpose: their latest patches no longer support MySQL."""


def php_of(solution_stack: str) -> str:
    """The PHP version of a Beanstalk platform such as ``64bit Amazon Linux 2023 v4.13.7 running PHP 8.4``."""
    found = re.fullmatch(r"64bit Amazon Linux 2023 v[\d.]+ running PHP (\d+\.\d+)", solution_stack)
    if found is None:
        raise ValueError(
            f"solution_stack must read like '64bit Amazon Linux 2023 v4.13.7 running PHP 8.4', got '{solution_stack}'"
        )
    return found[1]


def check(*, magento: str, php: str, mysql: str, valkey: str, opensearch: str) -> None:
    """Raise ``ValueError``, with the row of the table, unless Magento supports the combination.

    ``magento`` may carry a patch level (``2.4.8-p5``); Valkey and OpenSearch count by their major version.
    """
    line = magento.partition("-")[0]
    if line not in SUPPORTED:
        raise ValueError(f"magento_version must be one of {', '.join(SUPPORTED)}, got {magento}")
    row = SUPPORTED[line]
    chosen = {
        "php": php,
        "mysql": mysql,
        "valkey": valkey.partition(".")[0],
        "opensearch": opensearch.partition(".")[0],
    }
    for software, version in chosen.items():
        supported: tuple[str, ...] = getattr(row, software)
        if version not in supported:
            table = "; ".join(f"{each}: {' or '.join(getattr(row, each))}" for each in chosen)
            raise ValueError(f"Magento {line} does not run with {software} {version}; it is supported with {table}")
