"""The commands of releases: SSM documents that run a script on one instance, and the log group of their output."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.beanstalk.options import EnvironmentOptions
from components.shared.context import Context
from components.shared.iam import allow, document

_SCRIPTS = Path(__file__).with_name("release_scripts")
_WRITE_OUTPUT = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
"""What SSM Agent calls to stream the output of a command. It begins with CreateLogGroup, although the group is there,
and streams nothing if that is denied (amazon-ssm-agent, ``iohandler.go``)."""
_FIND_GROUP = ("logs:DescribeLogGroups",)

_MINUTE, _HOUR = 60, 3600
_EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+"
_S3_ADDRESS = r"s3://[a-z0-9.-]{3,63}/[A-Za-z0-9/_.-]+"


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A text that a command gives to a document. AWS refuses it unless all of it matches ``allowed``.

    It stands between single quotes in the script. So ``allowed`` must match nothing that ends them.
    """

    description: str
    allowed: str
    """A regular expression, without anchors."""

    @property
    def content(self) -> dict[str, str]:
        """The parameter in an SSM document. Without a default, AWS refuses a command that leaves it out."""
        return {"type": "String", "description": self.description, "allowedPattern": f"^(?:{self.allowed})$"}


@dataclass(frozen=True, kw_only=True)
class ReleaseDocument:
    """A script of ``release_scripts/`` as an SSM document. The script sees ``AdminEmail`` as ``$ADMIN_EMAIL``."""

    name: str
    """The name of the document without the stack's, and of the script without ``.sh``."""
    description: str
    timeout_seconds: int
    """How long the script may run before SSM Agent ends it."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    """By name, which has letters and digits only."""
    fence_file: str = ""
    """Where an instance keeps the number of the newest holder of the lock. It refuses the document from a sender whose
    lock another one has by now (parameter ``Fence``). Empty for a document that changes nothing."""
    replaces_data: bool = False
    """Whether it replaces what is in the database. A stack that is protected does not have it."""

    @property
    def is_fenced(self) -> bool:
        """Whether it needs the parameter ``Fence``."""
        return bool(self.fence_file)

    @property
    def content(self) -> str:
        """The document in JSON: a step whose lines are the script's, with the parameters after its first line."""
        interpreter, *lines = _lines(self.name)
        given = {**self.parameters, **({"Fence": _FENCE} if self.is_fenced else {})}
        assignments = [f"{_variable(name)}='{{{{ {name} }}}}'" for name in given]
        fence = [f'FENCE_FILE="{self.fence_file}"', *_lines("check-fence")[1:]] if self.is_fenced else []
        step = {
            "action": "aws:runShellScript",
            "name": "runShellScript",
            "inputs": {
                "timeoutSeconds": str(self.timeout_seconds),
                "runCommand": [interpreter, *assignments, *fence, *lines],
            },
        }
        parameters = {name: parameter.content for name, parameter in given.items()}
        return json.dumps(
            {
                "schemaVersion": "2.2",
                "description": self.description,
                **({"parameters": parameters} if parameters else {}),
                "mainSteps": [step],
            }
        )


_RELEASE = Parameter(description="The name of the release", allowed="[A-Za-z0-9_-]{1,40}")
_HOST_NAME = Parameter(description="The host name of the shop", allowed="[A-Za-z0-9.-]{1,253}")
_FACTS = Parameter(description="The address to write its answers to", allowed=_S3_ADDRESS)
_FENCE = Parameter(description="The number of the lock under which this is sent", allowed="[0-9]{1,9}")

_OF_RELEASES = "/var/lib/magento-release-fence"
# A refresh has the lock of the stack that gets the copy, whose numbers are not those of this stack's own lock. The name
# of the copy says which stack that is.
_OF_REFRESHES = "/var/lib/magento-refresh-fence-${COPY%%.*}"

DOCUMENTS = (
    ReleaseDocument(
        name="stage-candidate",
        description="Unpacks a release beside the running one",
        timeout_seconds=_HOUR,
        fence_file=_OF_RELEASES,
        parameters={
            "Release": _RELEASE,
            "Bundle": Parameter(description="The address of its bundle", allowed=_S3_ADDRESS),
            "Sha256": Parameter(description="The SHA-256 of its bundle, or unknown", allowed="[0-9a-f]{64}|unknown"),
        },
    ),
    ReleaseDocument(
        name="ask-candidate",
        description="Asks a release that is unpacked beside the running one what it would change",
        timeout_seconds=_HOUR,
        parameters={
            "Release": _RELEASE,
            "Facts": _FACTS,
        },
    ),
    ReleaseDocument(
        name="place-statics",
        description="Copies the statics of an unpacked release to their share",
        timeout_seconds=_HOUR,
        fence_file=_OF_RELEASES,
        parameters={"Release": _RELEASE},
    ),
    ReleaseDocument(
        name="pause-writers",
        description="Stops cron and consumers of the back office",
        timeout_seconds=20 * _MINUTE,
        fence_file=_OF_RELEASES,
        parameters={"Release": _RELEASE},
    ),
    ReleaseDocument(
        name="resume-writers",
        description="Lets cron and consumers of the back office go on",
        timeout_seconds=_MINUTE,
        fence_file=_OF_RELEASES,
    ),
    ReleaseDocument(
        name="migrate",
        description="Changes the database as a release needs it, and imports its configuration",
        timeout_seconds=4 * _HOUR,
        fence_file=_OF_RELEASES,
        parameters={
            "Release": _RELEASE,
            "Attempt": Parameter(description="A number above those of attempts before", allowed="[1-9][0-9]{0,11}"),
        },
    ),
    ReleaseDocument(
        name="await-migration",
        description="Ends when no migration runs",
        timeout_seconds=4 * _HOUR,
        # No change, but the one of an earlier holder that comes late must find itself refused.
        fence_file=_OF_RELEASES,
    ),
    ReleaseDocument(
        name="ask-previous",
        description="Asks an unpacked release whether it can live with the database as it is",
        timeout_seconds=20 * _MINUTE,
        fence_file=_OF_RELEASES,
        parameters={"Release": _RELEASE},
    ),
    ReleaseDocument(
        name="verify-release",
        description="Asks the web server of an instance for a release and its pages",
        timeout_seconds=20 * _MINUTE,
        parameters={
            "Release": _RELEASE,
            "HostName": _HOST_NAME,
            "Tier": Parameter(description="What the instance serves", allowed="front|back-office"),
            "BackOfficePath": Parameter(description="The path of the back office", allowed="[A-Za-z0-9_-]{1,60}"),
        },
    ),
    ReleaseDocument(
        name="verify-satellite",
        description="Asks the web server of a satellite's instance for a release and a page",
        timeout_seconds=20 * _MINUTE,
        parameters={
            "Release": _RELEASE,
            "Page": Parameter(description="The path that its load balancer asks", allowed="/[A-Za-z0-9/_.-]*"),
        },
    ),
    ReleaseDocument(
        name="check-copy",
        description="Runs the running release against a copy of its database, beside it",
        timeout_seconds=_HOUR,
        parameters={
            "Copy": Parameter(description="The host of the copy", allowed="[a-z0-9.-]{1,253}"),
            "HostName": _HOST_NAME,
            "Facts": _FACTS,
        },
    ),
    ReleaseDocument(
        name="scrub-copy",
        description="Takes personal data out of a copy of the database, and writes what remains to S3",
        timeout_seconds=12 * _HOUR,
        fence_file=_OF_REFRESHES,
        parameters={
            "Copy": Parameter(
                description="The host of the copy: its name says what it is for",
                allowed=r"[a-z0-9-]{1,63}-for-[a-z0-9-]{1,60}\.[a-z0-9.-]{1,180}",
            ),
            "List": Parameter(description="The address of the list of tables", allowed=_S3_ADDRESS),
            "Dump": Parameter(description="The address to write what remains to", allowed=_S3_ADDRESS),
            "Facts": _FACTS,
        },
    ),
    ReleaseDocument(
        name="load-copy",
        description="Replaces the database by what another stack's copy left",
        timeout_seconds=12 * _HOUR,
        fence_file=_OF_RELEASES,
        replaces_data=True,
        parameters={"Dump": Parameter(description="The address of what scrub-copy wrote", allowed=_S3_ADDRESS)},
    ),
    ReleaseDocument(
        name="check-instance",
        description="Prints the free space, the free inodes and the time of an instance",
        timeout_seconds=_MINUTE,
    ),
    ReleaseDocument(
        name="show-engine-log",
        description="Prints the end of Elastic Beanstalk's log on an instance",
        timeout_seconds=_MINUTE,
    ),
    ReleaseDocument(
        name="look-for-magento",
        description="Prints how far the first installation of Magento is",
        timeout_seconds=5 * _MINUTE,
    ),
    ReleaseDocument(
        name="install-magento",
        description="Installs Magento into the empty database",
        # It takes two minutes or so.
        timeout_seconds=_HOUR,
        fence_file=_OF_RELEASES,
        parameters={
            "AdminSecret": Parameter(
                description="The ARN of the secret with the first administrator's name and password",
                allowed="arn:[a-z0-9:-]+:secret:[A-Za-z0-9/_+=.@-]+",
            ),
            "AdminEmail": Parameter(description="The first administrator's e-mail address", allowed=_EMAIL),
        },
    ),
)


def documents_of(*, protected: bool) -> tuple[ReleaseDocument, ...]:
    """The documents of a stack: one that is protected has none that replaces its data."""
    return tuple(each for each in DOCUMENTS if not (protected and each.replaces_data))


@dataclass(frozen=True, kw_only=True)
class ReleaseDocumentsArgs:
    """The stack of the site."""

    context: Context


class ReleaseDocuments(pulumi.ComponentResource):
    """The SSM documents that a site's releases run on its instances.

    Produces a document for each of ``documents_of``, and an encrypted log group for what they print. A document changes
    with ``pulumi up``: AWS keeps its earlier versions, and commands run the newest.
    """

    names: dict[str, pulumi.Output[str]]
    """The names in AWS, by the documents' own."""
    log_group_name: pulumi.Output[str]

    def __init__(self, name: str, args: ReleaseDocumentsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        documents = documents_of(protected=args.context.protect)
        super().__init__("magento:site:ReleaseDocuments", name, {"documents": [each.name for each in documents]}, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = args.context.tags
        self._context = args.context
        self._log_group = aws.cloudwatch.LogGroup(
            f"{name}-output",
            # People look for it when a release fails. AWS's own groups for commands begin alike.
            name=f"/aws/ssm/{tags.owner}-releases",
            retention_in_days=EnvironmentOptions.log_retention_days,
            kms_key_id=args.context.key_arn,
            tags=tags.named(f"{name}-output"),
            opts=child,
        )
        self.names = {
            each.name: aws.ssm.Document(
                f"{name}-{each.name}",
                # IAM policies and people name it. AWS gives a document no other name.
                name=f"{tags.owner}-{each.name}",
                document_type="Command",
                document_format="JSON",
                content=each.content,
                tags=tags.named(f"{name}-{each.name}"),
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            ).name
            for each in documents
        }
        self.log_group_name = self._log_group.name
        self.register_outputs({"names": self.names, "log_group_name": self.log_group_name})

    def grant_output_to(self, name: str, role: aws.iam.Role, parent: pulumi.Resource) -> aws.iam.RolePolicy:
        """Let SSM Agent on the instances of ``role`` write what the documents print."""
        groups = pulumi.Output.concat("arn:aws:logs:", self._context.region, ":", self._context.account_id)
        return aws.iam.RolePolicy(
            f"{name}-writes-release-output",
            role=role.name,
            policy=pulumi.Output.all(self._log_group.arn, groups).apply(
                lambda arns: document(
                    allow(_WRITE_OUTPUT, arns[0], f"{arns[0]}:*"), allow(_FIND_GROUP, f"{arns[1]}:log-group:*")
                )
            ),
            opts=pulumi.ResourceOptions(parent=parent),
        )


def _lines(script: str) -> list[str]:
    return (_SCRIPTS / f"{script}.sh").read_text().splitlines()


def _variable(parameter: str) -> str:
    """``ADMIN_EMAIL`` for ``AdminEmail``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", parameter).upper()
