"""Where the outputs of a command go besides the answers of Systems Manager: a bucket and a log group."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sandbox.emulator.in_process import client
from sandbox.emulator.ssm.documents import ACTION

_EVENT_CHARACTERS = 200_000
"""The agent's events have whole lines, up to this length (amazon-ssm-agent, ``cloudwatchlogsservice.go``)."""


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What a command wrote on an instance."""

    command_id: str
    instance_id: str
    document: str
    step: str
    stdout: str
    stderr: str
    region: str
    account: str

    def keep(self, request: dict[str, Any]) -> None:
        """Write them to where the SendCommand says. As with AWS, a failure to write is reported nowhere."""
        written = (("stdout", self.stdout), ("stderr", self.stderr))
        try:
            if bucket := request.get("OutputS3BucketName"):
                for name, text in written:
                    self._put(bucket, request.get("OutputS3KeyPrefix", "").strip("/"), name, text)
            chosen = request.get("CloudWatchOutputConfig", {})
            if chosen.get("CloudWatchOutputEnabled"):
                for name, text in written:
                    self._stream(chosen.get("CloudWatchLogGroupName") or f"/aws/ssm/{self.document}", name, text)
        except ClientError:
            return

    def _put(self, bucket: str, prefix: str, name: str, text: str) -> None:
        # In AWS's document, which has an older schema, the step has a number.
        step = f"0.{_plain(ACTION)}" if self.step == ACTION else self.step
        place = f"{self.command_id}/{self.instance_id}/{_plain(ACTION)}/{step}/{name}"
        key = "/".join(part for part in (prefix, place) if part)
        client("s3", self.region, self.account).put_object(Bucket=bucket, Key=key, Body=text.encode())

    def _stream(self, group: str, name: str, text: str) -> None:
        """As the agent does: it asks for the group first, and writes no stream without a line in it."""
        logs = client("logs", self.region, self.account)
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName=group)
        if not text:
            return
        stream = f"{self.command_id}/{self.instance_id}/{self.step.replace(':', '-')}/{name}"
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        for message in _events(text):
            event = {"timestamp": int(time.time() * 1000), "message": message}
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])


def _plain(action: str) -> str:
    return action.replace(":", "")


def _events(text: str) -> Iterator[str]:
    """The text in events of whole lines. The last has no line break at its end."""
    event = ""
    for line in text.splitlines(keepends=True):
        if event and len(event) + len(line) > _EVENT_CHARACTERS:
            yield event
            event = ""
        event += line
    yield event.removesuffix("\n")
