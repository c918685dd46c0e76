"""The satellites: applications beside the shop."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from settings import environment_properties
from settings.environment_properties import PropertyName, PropertyValue
from settings.fleet import FleetSettings, InstanceTypes
from settings.messages import Fault, Words
from settings.platform import PhpVersion, SolutionStack, disagreement
from settings.ports import PassivePorts, PortRange
from settings.schedules import is_crontab_schedule
from settings.section import Section, repeated
from settings.system_users import SYSTEM_NAMES
from settings.values import Directory, DomainName, Limit, RootVolumeGib, ShortName, UrlPath, different, is_one_line

_BYTES_OF_A_SECRET = 108
"""What the reference to a secret takes, besides twice the variable's name: ``NAME=``, and an ARN with a name of the
satellite's, the variable's and Pulumi's. Whether references count towards Beanstalk's limit is not documented."""
_BYTES_OF_THE_DATABASE = 700
"""The references to the five fields of the database's secret."""
_BYTES_OF_FTP = 420
_BYTES_OF_LOGS = 92
"""The name of the log group, of an environment whose name has 40 characters."""


def _accept_a_success(written: str) -> bool:
    """Whether codes such as ``200,302-308`` are all from 200 to 399, and 200 is one of them."""
    if not re.fullmatch(r"[23]\d\d(-[23]\d\d)?(,[23]\d\d(-[23]\d\d)?)*", written):
        return False
    ranges = [(each.partition("-")[0], each.rpartition("-")[2]) for each in written.split(",")]
    return all(first <= last for first, last in ranges) and any(first <= "200" <= last for first, last in ranges)


class WebServer(StrEnum):
    """The web server before PHP. A release configures it in ``.platform/nginx`` or ``.platform/httpd``."""

    NGINX = "nginx"
    APACHE = "apache"


class CronJobSettings(Section):
    """A command that runs on a schedule."""

    schedule: Annotated[
        str,
        Limit(
            expected="the five fields of cron with single spaces between them, such as */15 * * * *, and a day that "
            "exists",
            holds=is_crontab_schedule,
        ),
    ]
    """When it runs, in UTC. `30 0 * * *` is 00:30 every day."""
    command: Annotated[
        str,
        Limit(expected="one line that is not empty", holds=lambda text: bool(text.strip()) and is_one_line(text)),
        # cron ends the command at a bare percent sign and feeds the rest to it as input.
        Limit(expected="\\% in place of every percent sign", holds=lambda text: not re.search(r"(?<!\\)%", text)),
    ]
    """The command, such as `php bin/console cashout:generate`. It runs in the application's directory, as the
    application's user."""

    @property
    def line(self) -> str:
        """Its line in the crontab of one user, and so without a user's name."""
        return f"{self.schedule} {self.command}"


class FtpSettings(Section):
    """An FTP server whose root is the web root. It needs a `gateway`, which is the only way to reach it."""

    user: Annotated[
        str,
        Limit(
            expected="2 to 32 lower-case letters, digits and hyphens, a letter first, no hyphen last, and no user or "
            "group of the system",
            holds=lambda name: (
                re.fullmatch("[a-z][a-z0-9-]{0,30}[a-z0-9]", name) is not None and name not in SYSTEM_NAMES
            ),
        ),
    ]
    """The user who logs in."""
    passive_ports: PassivePorts
    """The ports for data connections. The gateway must forward all of them."""

    @property
    def passive_range(self) -> PortRange:
        return PortRange.of(self.passive_ports)


class SatelliteSettings(Section):
    """An application beside the shop: one Beanstalk instance behind a load balancer. It needs a `shared_database`.

    Each name in `filled_secrets` is a secret in Secrets Manager with the field `value`, which says "to be filled in".
    Put the real value there before the satellite's first deploy:

        aws secretsmanager put-secret-value --secret-id ARN --secret-string '{"value": "…"}'

    If the satellite is deployed already, deploy its running version again: `platform_config/README.md`, "After you
    change a secret". Restarting its application servers is not enough.
    """

    name: ShortName
    """The name of the satellite, such as `pim`. It is also its directory in `platform_config/`."""
    php: PhpVersion
    """The PHP version. A new environment gets the newest Beanstalk platform with it, and keeps that platform. When a
    newer one is there, each run says so."""
    solution_stack: SolutionStack | None = None
    """The exact Beanstalk platform. Set it to update existing environments, or to have two stacks on one version.
    Without it, an environment keeps the platform that it has."""
    instance_types: InstanceTypes
    """The types of its single instance. Beanstalk tries them in this order."""
    root_volume_gib: RootVolumeGib = 20
    """The disk of the instance."""
    health_check_path: UrlPath = "/"
    """The path that the load balancer requests from the instance."""
    health_check_codes: Annotated[
        str,
        Limit(
            expected="codes from 200 to 399, 200 among them, such as 200 or 200-399",
            holds=_accept_a_success,
        ),
    ] = "200"
    """The status codes that mean that the instance works. Many applications redirect their start page to a login, with
    302. A new environment answers 200, until its first release."""
    document_root: Directory = "/"
    """The directory that the web server serves, inside the release."""
    web_server: WebServer = WebServer.NGINX
    """The web server. The release holds its configuration."""
    https_host_name: DomainName | None = None
    """A name of the public zone under which the satellite also answers HTTPS. Without it, it answers HTTP only."""
    variables: Mapping[PropertyName, PropertyValue] = Field(default_factory=dict)
    """Environment variables and their values, such as `MAIL_PORT: "587"`. Do not put secrets here."""
    filled_secrets: Annotated[tuple[PropertyName, ...], different("name")] = ()
    """Environment variables whose values are secrets. You put the values into Secrets Manager before the first
    deploy."""
    cron: tuple[CronJobSettings, ...] = ()
    """The jobs that run on a schedule."""
    ftp: FtpSettings | None = None
    """The FTP server. Without it there is none."""

    def faults(self) -> Iterator[Fault]:
        yield from disagreement(self.php, self.solution_stack)
        if twice := repeated(job.line for job in self.cron):
            yield Fault(path="cron", got=twice, expected="each job once")
        if both := sorted(set(self.variables) & set(self.filled_secrets)):
            yield Fault(path="filled_secrets", got=both, expected="names that variables does not have")
        if sum((sizes := self.property_bytes).values()) > environment_properties.MOST_BYTES:
            yield Fault(
                path="",
                got=Words(f"{sum(sizes.values())} bytes of environment properties"),
                expected=f"{environment_properties.MOST_BYTES} or fewer",
                fix=f"They are {', '.join(f'{size} for {part}' for part, size in sizes.items() if size)}.",
            )

    @property
    def property_bytes(self) -> dict[str, int]:
        """How many bytes its environment properties take at most, by the key that they come from."""
        return {
            "variables": environment_properties.size(self.variables),
            "filled_secrets": sum(_BYTES_OF_A_SECRET + 2 * len(name) for name in self.filled_secrets),
            "cron": environment_properties.size(self.cron_properties),
            "ftp": _BYTES_OF_FTP if self.ftp else 0,
            "the database": _BYTES_OF_THE_DATABASE,
            "logs": _BYTES_OF_LOGS,
        }

    @property
    def fleet(self) -> FleetSettings:
        """One instance, which Beanstalk replaces when it fails."""
        return FleetSettings(instances=1, instance_types=self.instance_types, root_volume_gib=self.root_volume_gib)

    @property
    def cron_properties(self) -> dict[str, str]:
        """The environment property with all its jobs, one a line. In base64, since a value may have no asterisk and no
        semicolon."""
        table = "".join(f"{job.line}\n" for job in self.cron).encode()
        return {"CRON_TABLE_BASE64": base64.b64encode(table).decode()} if table else {}
