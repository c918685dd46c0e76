"""The deployed site that releases change: what its stack says of it, and where its releases are recorded."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3

from commands.errors import CannotRunError
from release.deployed_stack import DeployedStack
from release.hold import Hold, HoldArgs
from release.lock import Lock, LockPlace

JOURNALS = "releases/"
_LOCK = "lock.json"


@dataclass(frozen=True)
class Site:
    """The site of a stack after ``pulumi up``, with clients for its region."""

    stack: DeployedStack
    session: Any
    """A boto3 session of the stack's region."""

    @classmethod
    def of(cls, stack: str) -> Site:
        """The site of a stack. Raises ``CommandError`` with Pulumi's own words if there is none."""
        deployed = DeployedStack.read(stack)
        return cls(deployed, boto3.Session(region_name=deployed.region))

    @cached_property
    def s3(self) -> Any:
        """A client of S3."""
        return self.session.client("s3")

    @property
    def bucket(self) -> str:
        """The bucket for releases."""
        return self._place[0]

    @property
    def prefix(self) -> str:
        """What the keys of this site's lock and journals begin with, with a slash at its end."""
        return self._place[1]

    @property
    def _place(self) -> tuple[str, str]:
        bucket, _, prefix = self.stack.output("releases").removeprefix("s3://").partition("/")
        return bucket, prefix

    @property
    def lock(self) -> LockPlace:
        """The lock of this site's releases."""
        return LockPlace(s3=self.s3, bucket=self.bucket, key=f"{self.prefix}{_LOCK}")

    def locked(self, release: str) -> Lock:
        """Take the lock in the name of the caller. Raises ``LockedError`` that says who has it."""
        who = self.session.client("sts").get_caller_identity()["Arn"]
        return self.lock.acquire(release=release, who=who, host=f"{getpass.getuser()}@{socket.gethostname()}")

    @cached_property
    def hold(self) -> Hold:
        """The site's maintenance hold."""
        rules, made_from = self._mapping("hold_rules"), self._mapping("listener_rules")
        return Hold(
            elbv2=self.session.client("elbv2"),
            args=HoldArgs(
                rules=rules,
                # Of an answer to its origin, CloudFront would keep a copy.
                host_names=tuple(
                    name for name in made_from["host_names"] if name != self.stack.outputs.get("content_origin")
                ),
                back_office_path=str(made_from["back_office_path"]),
                front_environment=self.stack.output("front_environment"),
                back_office_environment=self.stack.output("back_office_environment"),
            ),
        )

    def _mapping(self, name: str) -> Mapping[str, Any]:
        value = self.stack.outputs.get(name)
        if not isinstance(value, Mapping):
            raise CannotRunError(
                f"output {name} of stack {self.stack.name}: missing. Run pulumi up -s {self.stack.name} first."
            )
        return value
