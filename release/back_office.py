"""Commands on the back office's instance, by SSM Run Command."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from shlex import join
from typing import Any

from release.errors import ReleaseError

_POLL_SECONDS = 2.0
_LONGEST_SECONDS = 3600
"""How long a command may run. Magento installs in two minutes or so."""
_UNDER_WAY = ("Pending", "InProgress", "Delayed", "Cancelling")


@dataclass(frozen=True, kw_only=True)
class BackOffice:
    """The one instance that runs Magento's commands."""

    ssm: Any
    """A boto3 client."""
    instance_id: str
    poll_seconds: float = _POLL_SECONDS

    @classmethod
    def of(cls, session: Any, environment: str) -> BackOffice:
        """The instance of a Beanstalk environment. Raises ``ReleaseError`` unless there is exactly one."""
        resources = session.client("elasticbeanstalk").describe_environment_resources(EnvironmentName=environment)
        ids = [each["Id"] for each in resources["EnvironmentResources"]["Instances"]]
        if len(ids) != 1:
            raise ReleaseError(
                f"environment {environment}: got {len(ids)} instances, expected 1. Magento is installed in one place: "
                "set site.back_office.instances to 1, or wait until Beanstalk has replaced its instance."
            )
        return cls(ssm=session.client("ssm"), instance_id=ids[0])

    def run(self, *command: str) -> str:
        """What a command prints, run as root. Raises ``ReleaseError`` with what it complains of if it fails.

        SSM keeps the command's text and the first 24,000 characters of what it prints: neither may hold a secret.
        """
        sent = self.ssm.send_command(
            InstanceIds=[self.instance_id],
            DocumentName="AWS-RunShellScript",
            Parameters={"commands": [join(command)], "executionTimeout": [str(_LONGEST_SECONDS)]},
        )
        ended = self._wait_for(sent["Command"]["CommandId"])
        if ended["Status"] != "Success":
            said = ended["StandardErrorContent"].strip() or ended["StandardOutputContent"].strip()
            raise ReleaseError(f"instance {self.instance_id}: {ended['StatusDetails']}: {said or 'no output'}")
        return str(ended["StandardOutputContent"])

    def _wait_for(self, command_id: str) -> dict[str, Any]:
        while True:
            time.sleep(self.poll_seconds)
            try:
                found: dict[str, Any] = self.ssm.get_command_invocation(
                    CommandId=command_id, InstanceId=self.instance_id
                )
            except self.ssm.exceptions.InvocationDoesNotExist:
                continue  # Not yet: SSM takes a moment to hand a command over.
            if found["Status"] not in _UNDER_WAY:
                return found

    def run_script(self, path: str, *arguments: str) -> str:
        """What a PHP script of the running release prints. Raises ``ReleaseError`` if the release does not have it."""
        lines = f"[ -f {path} ] || {{ echo '{path} is missing: deploy a release of the shop first' >&2; exit 1; }}"
        return self.run("bash", "-c", f"{lines}; exec {join(['php', path, *arguments])}")


def lines_of(texts: Sequence[str]) -> str:
    """Numbered lines."""
    return "\n".join(f"  {number}. {text}" for number, text in enumerate(texts, start=1))
