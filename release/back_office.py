"""Commands on the site's instances: the stack's own SSM documents, by SSM Run Command."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from commands.deployed_stack import DeployedStack
from commands.errors import CannotRunError
from release.beanstalk import Environment
from release.errors import ReleaseError, UndeliverableError
from release.polling import polls
from release.redaction import Redaction

_POLL_SECONDS = 2.0
_DELIVERY_SECONDS = 120
"""How long a command may wait for SSM Agent. An agent that works takes it within seconds."""
_UNKNOWN_SECONDS = 60
"""How long a command may be unknown. SSM takes a moment to hand it over, and forgets it after 30 days."""
_UNDELIVERABLE = "Undeliverable"
"""The node might not exist, or it might not respond ("Understanding command statuses")."""
_UNDER_WAY = ("Pending", "InProgress", "Delayed", "Cancelling")


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An instance of the site, and the documents that it may be told to run."""

    ssm: Any
    """A boto3 client."""
    instance_id: str
    documents: Mapping[str, str]
    """The names of the documents in AWS, by what they do: the stack's output ``release_documents``."""
    redaction: Redaction
    """Takes secrets out of what the instance prints."""
    log_group: str
    """The log group of what they print: the stack's output ``release_log_group``."""

    @classmethod
    def named(cls, session: Any, stack: DeployedStack, instance_id: str, redaction: Redaction) -> Self:
        """An instance with the documents of a stack. Raises ``CannotRunError`` for a stack without them."""
        documents = stack.outputs.get("release_documents")
        if not isinstance(documents, Mapping):
            raise CannotRunError(
                f"output release_documents of stack {stack.name}: missing. Run pulumi up -s {stack.name} first."
            )
        return cls(
            ssm=session.client("ssm"),
            instance_id=instance_id,
            documents=documents,
            log_group=stack.output("release_log_group"),
            redaction=redaction,
        )

    def send(self, document: str, **parameters: str) -> Command:
        """Begin to run a document. Raises ``CannotRunError`` for one that the stack does not have.

        SSM keeps the parameters, and the log group what the document prints: neither may hold a secret.
        """
        if document not in self.documents:
            raise CannotRunError(
                f"output release_documents: got no {document}, expected one. Run pulumi up with this version of the "
                "program first."
            )
        sent = self.ssm.send_command(
            InstanceIds=[self.instance_id],
            DocumentName=self.documents[document],
            Parameters={name: [value] for name, value in parameters.items()},
            TimeoutSeconds=_DELIVERY_SECONDS,
            CloudWatchOutputConfig={"CloudWatchOutputEnabled": True, "CloudWatchLogGroupName": self.log_group},
        )
        return Command(instance=self, command_id=sent["Command"]["CommandId"])

    def do(self, document: str, **parameters: str) -> str:
        """What a document prints, run to its end. Raises ``ReleaseError`` with what it complains of if it fails."""
        return self.send(document, **parameters).wait()


@dataclass(frozen=True, kw_only=True)
class BackOffice(Instance):
    """The one instance that runs Magento's commands. Of two, as Beanstalk has them for the time of a deployment with an
    additional batch, it is the older one, which runs cron too."""

    @classmethod
    def of(cls, session: Any, stack: DeployedStack, redaction: Redaction) -> Self:
        """The instance of the stack's back office. Raises ``ReleaseError`` unless one alone runs cron."""
        beanstalk = session.client("elasticbeanstalk")
        environment = Environment(beanstalk=beanstalk, name=stack.output("back_office_environment"))
        resources = beanstalk.describe_environment_resources(EnvironmentName=environment.name)
        ids = [each["Id"] for each in resources["EnvironmentResources"]["Instances"]]
        if len(ids) > 1 and environment.has_additional_batch:
            ids = _oldest(session.client("ec2"), ids)
        if len(ids) != 1:
            raise ReleaseError(
                f"environment {environment.name}: got {len(ids)} instances, expected 1. Magento's commands run in one "
                "place: set site.back_office.instances to 1, or wait until Beanstalk has replaced its instance."
            )
        return cls.named(session, stack, ids[0], redaction)


@dataclass(frozen=True, kw_only=True)
class Command:
    """A document that was sent to an instance, now or by another process."""

    instance: Instance
    command_id: str

    def wait(self) -> str:
        """What it printed, up to 24,000 characters. Raises ``ReleaseError`` with what it complains of if it failed.

        SSM ends it: after the time that the document sets, or if no agent takes it.
        """
        ended, redact = self._ended(), self.instance.redaction.text
        if ended["Status"] != "Success":
            said = redact(ended["StandardErrorContent"].strip() or ended["StandardOutputContent"].strip())
            if ended["StatusDetails"] == _UNDELIVERABLE:
                raise UndeliverableError([self.instance.instance_id], said)
            raise ReleaseError(
                f"instance {self.instance.instance_id}: {ended['DocumentName']} ended with {ended['StatusDetails']}: "
                f"{said or 'no output'}\n(command {self.command_id}, log group {self.instance.log_group})"
            )
        return redact(ended["StandardOutputContent"])

    def _ended(self) -> dict[str, Any]:
        ssm, instance_id = self.instance.ssm, self.instance.instance_id
        deadline = time.monotonic() + _UNKNOWN_SECONDS
        for _ in polls(_POLL_SECONDS):
            try:
                found: dict[str, Any] = ssm.get_command_invocation(CommandId=self.command_id, InstanceId=instance_id)
            except ssm.exceptions.InvocationDoesNotExist:
                if time.monotonic() < deadline:
                    continue
                raise ReleaseError(
                    f"instance {instance_id}: got no command {self.command_id}, expected one of the last 30 days"
                ) from None
            if found["Status"] not in _UNDER_WAY:
                break
        return found


def _oldest(ec2: Any, ids: Sequence[str]) -> list[str]:
    """The oldest of these instances that runs, as ``is_oldest_instance.sh`` finds it. Empty if none does."""
    found = [
        each for group in ec2.describe_instances(InstanceIds=list(ids))["Reservations"] for each in group["Instances"]
    ]
    running = [each for each in found if each["State"]["Name"] in ("pending", "running")]
    by_age = sorted(running, key=lambda each: (each["LaunchTime"], each["InstanceId"]))
    return [each["InstanceId"] for each in by_age[:1]]


def lines_of(texts: Sequence[str]) -> str:
    """Numbered lines."""
    return "\n".join(f"  {number}. {text}" for number, text in enumerate(texts, start=1))
