"""Which versions Magento supports together (Adobe, "System requirements", 2026), and how its caches are configured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

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
_EXPECTED = f"one of {', '.join(SUPPORTED)}, with or without a patch level such as -p5"


_VERSION = re.compile(r"(?P<line>2\.4\.\d+)(?:-p(?P<patch>[1-9]\d*))?")


class CacheBackend(StrEnum):
    """What ``env.php`` calls the cache's backend ("Cache backend options and storage reference").

    A version that does not know its backend's name puts the cache into files, and logs nothing.
    """

    REDIS = "Magento\\Framework\\Cache\\Backend\\Redis"
    """Until 2.4.8-p4. It talks to Valkey as well: the protocol is the same."""
    VALKEY = "Magento\\Framework\\Cache\\Backend\\Valkey"
    """Since 2.4.8-p5, which no longer supports Redis."""
    SYMFONY_VALKEY = "valkey"
    """Since 2.4.9, whose cache is Symfony's."""

    @property
    def needs_local_tls(self) -> bool:
        """Whether Magento cannot speak TLS to its cache, so that a program on the instance must do it.

        Magento 2.4.9 puts the server's name behind ``redis://`` (``SymfonyAdapterProvider``). Symfony then takes the
        ``tls`` of ``tls://cache`` for the name of a host.
        """
        return self is CacheBackend.SYMFONY_VALKEY


def cache_backend(magento: str) -> CacheBackend:
    """The backend of a Magento version. Raises ``ValueError`` for a version that `faults` refuses."""
    version = _VERSION.fullmatch(magento)
    if version is None or version["line"] not in SUPPORTED:
        raise ValueError(f"magento_version: got {magento}, expected {_EXPECTED}")
    if version["line"] != "2.4.8":
        return CacheBackend.SYMFONY_VALKEY
    return CacheBackend.REDIS if int(version["patch"] or 0) <= 4 else CacheBackend.VALKEY


def faults(
    *, magento: str, php: str, mysql: str, valkey: str, opensearch: str, session_valkey: str | None = None
) -> Iterator[Fault]:
    """Every version that Magento does not support, with the table's row.

    ``magento`` may carry a patch level (``2.4.8-p5``); Valkey and OpenSearch count by their major version. An alpha or
    a beta is refused: how its cache is configured is not known.
    """
    known = _VERSION.fullmatch(magento)
    line = known["line"] if known else ""
    row = SUPPORTED.get(line)
    if row is None:
        yield Fault(path="magento_version", got=magento, expected=_EXPECTED)
        return
    chosen = [
        ("php", "PHP", php, row.php),
        ("database.engine_version", "MySQL", mysql, row.mysql),
        ("cache.engine_version", "Valkey", valkey.partition(".")[0], row.valkey),
        ("search.engine_version", "OpenSearch", opensearch.partition(".")[0], row.opensearch),
    ]
    if session_valkey is not None:
        chosen.append(("session_cache.engine_version", "Valkey", session_valkey.partition(".")[0], row.valkey))
    for path, software, version, supported in chosen:
        if version not in supported:
            yield Fault(
                path=path,
                got=version,
                expected=f"{software} {' or '.join(supported)} with Magento {line}",
                fix=f"Magento {line} is supported with {row}.",
            )
