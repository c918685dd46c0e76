"""Tells the people who get the stack's alarms that a release failed, where nobody looks at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from commands.console import Console
from commands.errors import ExitCode
from release.errors import ReleaseError
from release.site import Site

Notify = Annotated[
    bool, typer.Option("--notify", help="Send a mail to those who get the stack's alarms if it fails or stops.")
]
_LONGEST_SUBJECT = 100
"""Characters ("Publish")."""
_TOLD = (ExitCode.FAILED, ExitCode.HALF_WAY)
"""A refusal changed nothing, and who has the lock is at work."""


@contextmanager
def failures_told(site: Site, command: str, *, notify: bool) -> Iterator[None]:
    """Within the block, what fails or stops half-way is published to the topic of the stack's alarms."""
    try:
        yield
    except ReleaseError as error:
        if notify and error.exit_code in _TOLD:
            _publish(site, command, error)
        raise


def _publish(site: Site, command: str, error: ReleaseError) -> None:
    topic = site.stack.outputs.get("alarm_topic")
    if not isinstance(topic, str):
        Console(stderr=True).warn(f"Stack {site.stack.name} has no topic of alarms: nobody is told.")
        return
    ended = "stopped half-way" if error.exit_code is ExitCode.HALF_WAY else "failed"
    subject = f"./shop release {command} {site.options} {ended}"[:_LONGEST_SUBJECT]
    text = f"{error}\n\n./shop release status {site.options} says what to type. Started by {site.caller}."
    try:
        site.session.client("sns").publish(TopicArn=topic, Subject=subject, Message=text)
    except (BotoCoreError, ClientError) as failed:
        # How the release ended is what counts.
        Console(stderr=True).warn(f"Nobody is told: {failed}")
