"""A Beanstalk instance: a machine with Amazon Linux 2023's PHP platform on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from sandbox.hosts.machine import CommandResult, Machine, MachineArgs

Kind = Literal["application", "configuration", "restart"]


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What an instance is to run, and with which settings."""

    kind: Kind
    """``application``: unpack the bundle, run its hooks. ``configuration``: unpack the bundle that runs again, run its
    confighooks. ``restart``: fetch the secrets again and restart the servers; no hook runs."""
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
        """The deployment that a request of the embedded AWS describes: the fields of ``POST /instances/{id}/deployments``."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a deployment ended."""

    return_code: int
    """0, or not: 1 for a step that failed, 124 when its time was up."""
    log: str
    """The end of what it wrote to eb-engine.log, from the deployment's start on."""


@dataclass(frozen=True, kw_only=True)
class HostArgs:
    """A Beanstalk instance."""

    machine: MachineArgs
    """``machine.name`` is the instance id."""
    environment_name: str
    application_name: str


class Host:
    """An instance of the environment. Deployments and commands on one host run one after another, by its lock."""

    def __init__(self, args: HostArgs) -> None:
        self.args = args
        self.machine = Machine(args.machine)

    def start(self) -> None:
        """Start the machine. No web server answers before the first deployment. Raises ``MachineError``."""
        raise NotImplementedError

    def deploy(self, deployment: Deployment) -> Result:
        """Deploy, and wait for the end or the timeout. Never raises for what the bundle or its hooks do wrong."""
        raise NotImplementedError

    def run(
        self, commands: Sequence[str], *, working_directory: str = "", timeout_seconds: float = 3600
    ) -> CommandResult:
        """Run the commands as one shell script as root, as AWS-RunShellScript does."""
        raise NotImplementedError

    def log(self, lines: int = 100) -> str:
        """Beanstalk's log tail: the last lines of eb-engine.log, the web server's, PHP's and taillogs.d's files."""
        raise NotImplementedError

    def stop(self) -> None:
        """End every process of it, and remove what it wrote."""
        raise NotImplementedError
