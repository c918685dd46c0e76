"""Where the sandbox keeps its files: all of them under `.sandbox/` beside the program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
"""The repository: this code, and the program that it runs."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The files of one sandbox."""

    project: Path = REPOSITORY
    """The directory of `Pulumi.yaml`; tests have others than this repository."""

    @property
    def directory(self) -> Path:
        return self.project / ".sandbox"

    @property
    def lock(self) -> Path:
        """Held by the one command that changes this sandbox now."""
        return self.directory / "lock"

    @property
    def environment(self) -> Path:
        """The file to source in a shell."""
        return self.directory / "env"

    @property
    def commands(self) -> Path:
        """First on PATH after sourcing: the `pulumi` that keeps the tracked stack files as they are, and `aws`."""
        return self.directory / "bin"

    @property
    def certificates(self) -> Path:
        return self.directory / "certificates"

    @property
    def server_record(self) -> Path:
        """Which process is the embedded AWS."""
        return self.directory / "aws.json"

    @property
    def server_log(self) -> Path:
        return self.directory / "aws.log"

    @property
    def account_record(self) -> Path:
        """For which embedded AWS the account is prepared."""
        return self.directory / "account.json"

    @property
    def run_record(self) -> Path:
        """Exists while the engine changes a stack, and after a run that was killed."""
        return self.directory / "run.json"

    @property
    def hosts(self) -> Path:
        """Everything that the fleet of hosts keeps; it belongs to root."""
        return self.directory / "hosts"

    @property
    def fleet_record(self) -> Path:
        """Which process is the fleet."""
        return self.directory / "hosts.json"

    @property
    def fleet_log(self) -> Path:
        return self.directory / "hosts.log"
