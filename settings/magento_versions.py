"""Which versions Magento supports together (Adobe, "System requirements", 2026)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from settings.messages import Fault


@dataclass(frozen=True, kw_only=True)
class Supported:
    """The versions that one Magento line is supported with: major.minor of PHP and MySQL, major of the other two."""

    php: tuple[str, ...]
    mysql: tuple[str, ...]
    valkey: tuple[str, ...]
    opensearch: tuple[str, ...]

    def __str__(self) -> str:
        return "; ".join(f"{name} {' or '.join(versions)}" for name, versions in vars(self).items())


SUPPORTED = {
    "2.4.8": Supported(php=("8.3", "8.4"), mysql=("8.4",), valkey=("8",), opensearch=("3",)),
    "2.4.9": Supported(php=("8.4", "8.5"), mysql=("8.4",), valkey=("8", "9"), opensearch=("3",)),
}
"""Older lines are left out on purpose: their latest patches no longer support MySQL."""


def faults(*, magento: str, php: str, mysql: str, valkey: str, opensearch: str) -> Iterator[Fault]:
    """Every version that Magento does not support, with the table's row.

    ``magento`` may carry a patch level (``2.4.8-p5``); Valkey and OpenSearch count by their major version.
    """
    line = magento.partition("-")[0]
    row = SUPPORTED.get(line)
    if row is None:
        yield Fault(path="magento_version", got=magento, expected=f"one of {', '.join(SUPPORTED)}")
        return
    chosen = (
        ("php", "PHP", php, row.php),
        ("database.engine_version", "MySQL", mysql, row.mysql),
        ("cache.engine_version", "Valkey", valkey.partition(".")[0], row.valkey),
        ("search.engine_version", "OpenSearch", opensearch.partition(".")[0], row.opensearch),
    )
    for path, software, version, supported in chosen:
        if version not in supported:
            yield Fault(
                path=path,
                got=version,
                expected=f"{software} {' or '.join(supported)} with Magento {line}",
                fix=f"Magento {line} is supported with {row}.",
            )
