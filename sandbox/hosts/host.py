"""A Beanstalk instance: a machine with Amazon Linux 2023's PHP platform on it."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self
from uuid import uuid4

from sandbox.hosts.machine import CommandResult, Machine, MachineArgs, MachineError
from sandbox.hosts.root_image import PLATFORM_PATH
from sandbox.hosts.shells import Shell

Kind = Literal["application", "configuration", "restart"]
_COMMANDS = {"application": "app-deploy", "configuration": "config-deploy", "restart": "restart-app-server"}
_RUN_SCRIPT = 'mkdir -p "${0%/*}" && cat >"$0" && chmod 0700 "$0" && exec sh -c "$0" </dev/null'
"""Writes its input to the file that is its name, and runs that."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What an instance is to run, and with which settings."""

    kind: Kind
    """``application``: unpack the bundle, run its hooks. ``configuration``: unpack it again, run its confighooks.
    ``restart``: fetch the secrets again and restart the servers; no hook runs."""
    deployment_id: int
    version_label: str
    bundle: Path | None
    """The zip file on this computer; None for Beanstalk's sample application."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """The environment's properties, without secrets."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Property name to ``ARN[:JSON field]``; the instance fetches the values."""
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Option settings by namespace and name."""
    timeout_seconds: float = 600

    @classmethod
    def of(cls, document: Mapping[str, Any], bundle: Path | None) -> Self:
        """The deployment of a request's fields, which are those of ``POST /instances/{id}/deployments``."""
        return cls(
            kind=document["Kind"],
            deployment_id=document["Deployment"]["DeploymentId"],
            version_label=document["Deployment"]["VersionLabel"] or "",
            bundle=bundle,
            properties=document["Properties"],
            secrets=document["Secrets"],
            options=document["Options"],
            timeout_seconds=document["TimeoutSeconds"],
        )


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a deployment ended."""

    return_code: int
    """0, or not: 1 for a step that failed, 124 when its time was up."""
    log: str
    """What it wrote to eb-engine.log."""


@dataclass(frozen=True, kw_only=True)
class HostArgs:
    """A Beanstalk instance."""

    machine: MachineArgs
    """``machine.name`` is the instance id."""
    environment_name: str
    application_name: str


class Host:
    """An instance of the environment. Deployments run one after another; commands do not wait for them."""

    def __init__(self, args: HostArgs) -> None:
        self.args = args
        self.machine = Machine(args.machine)
        self._deploying = threading.Lock()

    def start(self) -> None:
        """Start the machine. No web server answers before the first deployment. Raises ``MachineError``."""
        self.machine.start()

    def deploy(self, deployment: Deployment) -> Result:
        """Deploy, and wait for the end or the timeout. What the bundle or its hooks do wrong is in the result.

        Raises ``MachineError`` when the machine does not run.
        """
        with self._deploying:
            if deployment.kind != "restart":
                self._place(deployment.bundle)
            ran = self.machine.run(
                ["python3", "-m", "sandbox.hosts.beanstalk_platform"],
                timeout_seconds=deployment.timeout_seconds,
                environment={"PYTHONPATH": PLATFORM_PATH, "PYTHONDONTWRITEBYTECODE": "1"},
                standard_input=json.dumps(self._request(deployment)),
            )
        return Result(return_code=ran.return_code, log=f"{ran.standard_output}{ran.standard_error}")

    def run(
        self, commands: Sequence[str], *, working_directory: str = "", timeout_seconds: float = 3600
    ) -> CommandResult:
        """Run the lines as a script of root's in a file, as SSM Agent does: its first line may name an interpreter.

        It does not see the environment's properties. The return code is the script's.
        """
        path = f"/var/lib/amazon/ssm/{self.args.machine.name}/document/orchestration/{uuid4()}/_script.sh"
        return self.machine.run(
            ["sh", "-c", _RUN_SCRIPT, path],
            working_directory=working_directory or "/usr/bin",
            timeout_seconds=timeout_seconds,
            standard_input="\n".join(commands) + "\n",
        )

    def open_shell(self) -> Shell:
        """A shell of ``ssm-user`` for a session. Raises ``MachineError`` when the machine does not run."""
        return self.machine.open_shell()

    def log(self, lines: int = 100) -> str:
        """Beanstalk's log tail: the last lines of eb-engine.log, the web server's, PHP's and taillogs.d's files."""
        return self.machine.run(["/opt/elasticbeanstalk/bin/tail-logs", str(lines)]).standard_output

    def stop(self) -> None:
        """End every process of it, and remove what it wrote."""
        self.machine.stop()

    def _place(self, bundle: Path | None) -> None:
        placed = "/opt/elasticbeanstalk/deployment/app_source_bundle"
        if bundle is None:
            self.machine.run(["rm", "-f", placed])
        else:
            copied = self.machine.run(["sh", "-c", f"cat > {placed}"], standard_input=bundle)
            if copied.return_code:
                raise MachineError(f"{self.args.machine.name}:{placed}: {copied.standard_error.strip()}")

    def _request(self, deployment: Deployment) -> dict[str, Any]:
        return {
            "command": _COMMANDS[deployment.kind],
            "environment_name": self.args.environment_name,
            "application_name": self.args.application_name,
            "version_label": deployment.version_label,
            "properties": dict(deployment.properties),
            "secrets": dict(deployment.secrets),
            "options": {namespace: dict(values) for namespace, values in deployment.options.items()},
        }
