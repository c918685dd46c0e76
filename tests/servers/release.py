"""A satellite's release on disk, as the release tool merges it; its hooks run without changing the machine."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PLATFORM_CONFIG = Path(__file__).resolve().parents[2] / "platform_config"
SATELLITES = ("pim", "custom-connection", "mirakl-cashout")

_RECORDS_ITS_CALL = """#!/bin/bash
{ printf '%s' "${0##*/}"; printf '\\t%s' "$@"; echo; } >> "${0%/*}/calls"
"""


@dataclass(frozen=True)
class Release:
    """``directory`` is the new release's; what hooks write elsewhere goes below ``machine``."""

    directory: Path
    machine: Path
    programs: Path
    variables: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def of(satellite: str, base: Path) -> Release:
        """The layers of a satellite, merged in their order; programs that change the machine only record their call."""
        return Release._merged(("satellite", satellite), base)

    @staticmethod
    def of_magento(base: Path) -> Release:
        """Magento's layer. Programs that change the machine only record their call."""
        return Release._merged(("magento",), base)

    @staticmethod
    def _merged(layers: tuple[str, ...], base: Path) -> Release:
        release = Release(base / "release", base / "machine", base / "programs")
        for layer in layers:
            shutil.copytree(PLATFORM_CONFIG / layer, release.directory, dirs_exist_ok=True)
        release.programs.mkdir()
        for program in ("aws", "chown", "chpasswd", "dnf", "logger", "php", "rpm", "systemctl", "useradd"):
            release.stand_in(program)
        release.stand_in("curl", 'while [[ $1 != --output ]]; do shift; done; echo downloaded > "$2"')
        release.stand_in("runuser", 'shift 3; exec "$@"')
        return release

    def stand_in(self, program: str, then: str = "") -> None:
        """Put a program before the real one, which records how it was called and then does what ``then`` says."""
        path = self.programs / program
        path.write_text(f"{_RECORDS_ITS_CALL}{then}\n")
        path.chmod(0o755)

    def run(self, hook: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a hook, by its path below ``.platform``, as Beanstalk does: in the release, with its properties set."""
        environment = {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "DESTDIR": str(self.machine),
            **self.variables,
            **variables,
        }
        return subprocess.run(
            [self.directory / ".platform" / hook],
            cwd=self.directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def calls(self, program: str) -> list[list[str]]:
        """The arguments of each call so far of a program put in by `stand_in`."""
        recorded = self.programs / "calls"
        lines = recorded.read_text().splitlines() if recorded.exists() else []
        called = [line.split("\t") for line in lines]
        return [arguments for name, *arguments in called if name == program]

    def mode(self, file: str) -> int:
        return stat.S_IMODE((self.directory / file).stat().st_mode)


DATABASE: Mapping[str, str] = {
    "DATABASE_HOST": "shared.internal",
    "DATABASE_PORT": "3306",
    "DATABASE_NAME": "satellites",
    "DATABASE_USER": "satellites",
    "DATABASE_PASSWORD": "correct-horse",
}
MIRAKL: Mapping[str, str] = {
    name: f"the {name.lower()}"
    for name in (
        *("MIRAKL_FRONT_KEY", "MIRAKL_OPERATOR_KEY", "MIRAKL_URL"),
        *("HIPAY_LOGIN", "HIPAY_PASSWORD", "HIPAY_SOAP_URL", "HIPAY_REST_URL", "HIPAY_ENTITY", "HIPAY_MERCHANT_GROUP"),
        *("HIPAY_TECHNICAL_EMAIL", "HIPAY_TECHNICAL_ID", "HIPAY_OPERATOR_EMAIL", "HIPAY_OPERATOR_ID"),
        *("MAIL_HOST", "MAIL_PORT", "MAIL_USER", "MAIL_PASSWORD", "MAIL_TO", "MAIL_FROM"),
    )
}
FTP: Mapping[str, str] = {
    "FTP_USER": "connection",
    "FTP_SECRET": "arn:aws:secretsmanager:eu-west-3:123456789012:secret:ftp-AbCdEf",
    "FTP_PASSIVE_ADDRESS": "192.0.2.20",
    "FTP_FIRST_PASSIVE_PORT": "5000",
    "FTP_LAST_PASSIVE_PORT": "5099",
}
