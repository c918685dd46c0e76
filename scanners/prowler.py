"""prowler on an account, by AWS's API."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from commands.errors import CannotRunError
from scanners.findings import Finding
from scanners.programs import PROWLER

_SEVERITIES = ("critical", "high")
_OF_CLOUDFRONT = "us-east-1"
"""The region of CloudFront's certificates, logs and firewall."""


def scan(region: str, services: Sequence[str] = ()) -> list[Finding]:
    """Critical and high findings in a region, of all services or of some. Raises CannotRunError if prowler fails."""
    command = PROWLER.find()
    with tempfile.TemporaryDirectory() as directory:
        arguments = [
            *("aws", "--filter-region", *dict.fromkeys((region, _OF_CLOUDFRONT))),
            *("--severity", *_SEVERITIES, "--status", "FAIL"),
            *(("--services", *services) if services else ()),
            *("--output-formats", "json-ocsf", "--output-directory", directory, "--output-filename", "findings"),
            *("--no-banner", "--no-color", "--ignore-exit-code-3"),
        ]
        ran = subprocess.run(
            [command, *arguments],
            # It keeps a configuration of its own in the home directory.
            env=os.environ | {"HOME": directory},
            capture_output=True,
            text=True,
            check=False,
        )
        written = Path(directory) / "findings.ocsf.json"
        if ran.returncode or not written.exists():
            raise CannotRunError(f"prowler ended with {ran.returncode}:\n{(ran.stderr or ran.stdout).strip()[-2000:]}")
        return findings(json.loads(written.read_text()))


def findings(report: Sequence[dict[str, Any]]) -> list[Finding]:
    """The failed checks of a report in OCSF. Some checks lower the severity of what passes half."""
    return [
        Finding(
            scanner="prowler",
            check=each["metadata"]["event_code"],
            resource=each["resources"][0]["uid"],
            says=each["status_detail"],
        )
        for each in report
        if each["status_code"] == "FAIL" and each["severity"].lower() in _SEVERITIES
    ]
