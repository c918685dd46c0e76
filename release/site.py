"""The deployed site that releases change: what its stack says of it, and where its releases are recorded."""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import boto3

from commands.deployed_stack import STACK_FILE, DeployedStack
from commands.errors import CannotRunError
from release.back_office import BackOffice, Instance
from release.beanstalk import Environment
from release.hold import Hold, HoldArgs
from release.lock import Lock, LockPlace
from release.redaction import Redaction

JOURNALS = "releases/"
HOLD = "hold-"
"""What the name of the journal of a hold by hand begins with."""
REFRESH = "refresh"
"""What the lock of a refresh is taken for, and what the name of its journal begins with."""
_LOCK = "lock.json"


@dataclass(frozen=True)
class Site:
    """The site of a stack after ``pulumi up``, with clients for its region."""

    stack: DeployedStack
    session: Any
    """A boto3 session of the stack's region."""

    @classmethod
    def of(cls, stack: str, app: str | None = None) -> Site:
        """The site of a stack, or one of its satellites.

        Raises ``CommandError`` with Pulumi's own words if there is no stack, and ``CannotRunError`` for an unknown
        satellite.
        """
        deployed = DeployedStack.read(stack)
        session = boto3.Session(region_name=deployed.region)
        return cls(deployed, session) if app is None else Satellite.named(deployed, session, app)

    @property
    def options(self) -> str:
        """The options that name it in a command to type."""
        return f"-s {self.stack.name}"

    @property
    def environments(self) -> tuple[Environment, ...]:
        """The environments that run one release together."""
        return (self.back_office, self.front)

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
        return LockPlace(s3=self.s3, bucket=self.bucket, key=f"{self.prefix}{_LOCK}", options=self.options)

    def locked(self, release: str, *, plan: str = "", resumes: bool = False) -> Lock:
        """Take the lock in the name of the caller, for a release and its plan. Raises ``LockedError`` that says who has
        it.

        With `resumes`, also from a process that is dead and did the same release.
        """
        host = f"{getpass.getuser()}@{socket.gethostname()}"
        return self.lock.acquire(release=release, who=self.caller, host=host, plan=plan, resumes=resumes)

    @cached_property
    def caller(self) -> str:
        """The ARN of whoever runs this."""
        return str(self.session.client("sts").get_caller_identity()["Arn"])

    def journal_prefix(self, name: str) -> str:
        """What the keys of a journal begin with."""
        return f"{self.prefix}{JOURNALS}{name}/"

    def record_drill(self, document: Mapping[str, Any]) -> str:
        """Write what a drill found beside the journals of releases. Returns its address."""
        key = f"{self.prefix}drills/{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
        body = json.dumps(document, indent=2).encode()
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/json")
        return f"s3://{self.bucket}/{key}"

    @cached_property
    def beanstalk(self) -> Any:
        """A client of Elastic Beanstalk."""
        return self.session.client("elasticbeanstalk")

    @cached_property
    def redaction(self) -> Redaction:
        """Knows the stack's secrets, which an instance's output or AWS's complaint may hold."""
        return Redaction.of_stack(self.session.client("secretsmanager"), self.stack.output("admin_secret"))

    @property
    def application(self) -> str:
        """The Beanstalk application of the shop."""
        return self.stack.output("beanstalk_application")

    @property
    def front(self) -> Environment:
        return self._environment("front_environment")

    @property
    def back_office(self) -> Environment:
        return self._environment("back_office_environment")

    def _environment(self, output: str) -> Environment:
        return Environment(beanstalk=self.beanstalk, name=self.stack.output(output))

    def instance(self, instance_id: str) -> Instance:
        """An instance, to run the stack's documents on."""
        return Instance.named(self.session, self.stack, instance_id, self.redaction)

    @property
    def back_office_instance(self) -> BackOffice:
        """The one instance on which a release's commands run, as it is now: it may be replaced at any time."""
        return BackOffice.of(self.session, self.stack, self.redaction)

    @property
    def database(self) -> str:
        """The identifier of the site's database: its endpoint begins with it ("Finding the connection information")."""
        return self.stack.output("database_endpoint").partition(".")[0]

    @property
    def host_name(self) -> str:
        """The first host name of the shop."""
        return self.hold.args.host_names[0]

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


@dataclass(frozen=True)
class Source(Site):
    """The site from which a role refreshes its own stack. The role may read none of that site's secrets."""

    @classmethod
    def of_refresh(cls, target: Site, name: str | None) -> Site:
        """The site whose database a refresh copies: of the stack of that name, of the one that the target names, or of
        prod.

        Raises ``CannotRunError`` where there is no Pulumi, and the target's stack does not say so.
        """
        known = target.stack.outputs.get("refreshes_from")
        said: Mapping[str, str] = known if isinstance(known, Mapping) else {}
        if not os.environ.get(STACK_FILE):
            return Site.of(name or said.get("stack", "prod"))
        if not said:
            raise CannotRunError(
                f"output refreshes_from of stack {target.stack.name}: missing, expected the stack that this role may "
                f"refresh from. Set releases.refreshes_from, and run pulumi up -s {target.stack.name}."
            )
        if name not in (None, said["stack"]):
            raise CannotRunError(
                f"--from: got {name}, expected {said['stack']}, the stack that this role may refresh from"
            )
        stack = DeployedStack.from_file(said["stack"], said["stack_file"])
        return cls(stack, boto3.Session(region_name=stack.region))

    @cached_property
    def redaction(self) -> Redaction:
        """Hides all that its instances say: nobody here knows what of it is secret. Their log group has it."""
        return Redaction.of_everything()


@dataclass(frozen=True)
class Satellite(Site):
    """A satellite of a stack: one environment, with a lock and journals of its own."""

    name: str
    environment_name: str

    @classmethod
    def named(cls, stack: DeployedStack, session: Any, name: str) -> Satellite:
        """Raises ``CannotRunError`` for a satellite that the stack does not have."""
        known = stack.outputs.get("satellite_environments")
        environments: Mapping[str, str] = known if isinstance(known, Mapping) else {}
        if name not in environments:
            raise CannotRunError(
                f"--app: got {name!r}, expected a satellite of stack {stack.name}: {', '.join(sorted(environments))}"
            )
        return cls(stack, session, name, environments[name])

    @property
    def options(self) -> str:
        return f"-s {self.stack.name} --app {self.name}"

    @property
    def prefix(self) -> str:
        return f"{super().prefix}satellites/{self.name}/"

    @property
    def environment(self) -> Environment:
        """Its one environment."""
        return Environment(beanstalk=self.beanstalk, name=self.environment_name)

    @property
    def environments(self) -> tuple[Environment, ...]:
        return (self.environment,)

    @property
    def application(self) -> str:
        return str(self.environment.describe()["ApplicationName"])

    @property
    def database(self) -> str:
        """The database that all satellites share."""
        return self.stack.output("shared_database_endpoint").partition(".")[0]

    @property
    def health_check_path(self) -> str:
        """What its load balancer asks."""
        return self.environment.options().get(
            ("aws:elasticbeanstalk:environment:process:default", "HealthCheckPath"), "/"
        )
