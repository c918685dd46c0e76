"""checkov on a Terraform plan that is made from a stack's state."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from commands.errors import CannotRunError
from scanners import terraform
from scanners.findings import Finding
from scanners.programs import CHECKOV


def scan(deployments: Mapping[str, Mapping[str, Any]]) -> list[Finding]:
    """The findings of each stack, by its deployment as ``pulumi stack export`` writes it.

    checkov tells severities only to customers of its makers, so every failed check counts. Raises CannotRunError if
    checkov fails.
    """
    found = []
    with tempfile.TemporaryDirectory() as directory:
        for stack, deployment in deployments.items():
            plan = Path(directory) / f"{stack}.json"
            plan.write_text(json.dumps(terraform.plan(deployment)))
            found += findings(stack, report_on(plan))
    return found


def report_on(plan: Path) -> Any:
    """What checkov says of a Terraform plan in JSON. Raises CannotRunError if it fails."""
    ran = subprocess.run(
        [
            *(CHECKOV.find(), "--file", str(plan), "--framework", "terraform_plan"),
            *("--output", "json", "--compact", "--quiet", "--skip-download", "--soft-fail"),
        ],
        env=os.environ | {"HOME": str(plan.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise CannotRunError(f"checkov ended with {ran.returncode}:\n{ran.stderr.strip()[-2000:]}")
    return json.loads(ran.stdout)


def findings(stack: str, report: Mapping[str, Any]) -> list[Finding]:
    """The failed checks of a report in JSON."""
    return [
        Finding(
            scanner="checkov",
            check=each["check_id"],
            resource=f"{stack}:{each['resource']}",
            says=each["check_name"],
        )
        for each in report["results"]["failed_checks"]
    ]
