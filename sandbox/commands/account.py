"""The account of the embedded AWS, prepared by the command that prepares a real one: once for each server.

The command takes as much CPU as a tenth of an `up` that changes nothing.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from commands.errors import CommandError
from sandbox.commands.embedded_aws import EmbeddedAws
from sandbox.commands.environment import REGION, STATE_BUCKET
from sandbox.commands.layout import REPOSITORY, Layout
from sandbox.commands.process import read_json, write_json

_CODE = REPOSITORY / "account"
"""What the command consists of: a change of it prepares the account again."""


@dataclass(frozen=True, kw_only=True)
class SandboxAccount:
    """The account of one server."""

    layout: Layout
    server: EmbeddedAws
    code: Path = _CODE

    def prepare(self, variables: Mapping[str, str]) -> None:
        """Run the command, unless it has prepared this server and the state bucket is there."""
        prepared = {**self.server.process.to_json(), "code": self._digest()}
        record = self.layout.account_record
        if read_json(record) == prepared and self.server.has_bucket(STATE_BUCKET):
            return
        ran = subprocess.run(
            [sys.executable, "-m", "account.bootstrap", "--region", REGION, "--state-bucket", STATE_BUCKET],
            cwd=REPOSITORY,
            env=dict(variables),
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode != 0:
            raise CommandError(f"The state bucket could not be prepared: {ran.stderr.strip()}")
        write_json(record, prepared)

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for file in sorted(self.code.glob("*.py")):
            digest.update(file.read_bytes())
        return digest.hexdigest()
