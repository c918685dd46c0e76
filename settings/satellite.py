"""The satellites: applications beside the shop."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from settings.fleet import FleetSettings, InstanceTypes
from settings.messages import Fault, Words
from settings.ports import PassivePorts, PortRange
from settings.section import Section
from settings.values import AbsolutePath, DomainName, Limit, PhpPlatform, RootVolumeGib, ShortName, different, like

_USERS_OF_THE_SYSTEM = {"root", "ec2-user", "webapp"}
_CRON_FIELD = re.compile(r"[0-9A-Za-z*/,-]+")
_CRON_FIELDS = 5
_MOST_CRON_BYTES = 2048
"""Half of what Beanstalk takes for all environment properties together ("Configuring environment properties")."""
VariableName = Annotated[str, like("[A-Z][A-Z0-9_]*", "upper-case letters, digits and _, a letter first")]


def _is_a_schedule(written: str) -> bool:
    fields = written.split()
    return len(fields) == _CRON_FIELDS and all(map(_CRON_FIELD.fullmatch, fields))


class WebServer(StrEnum):
    """The web server before PHP. A release configures it in ``.platform/nginx`` or ``.platform/httpd``."""

    NGINX = "nginx"
    APACHE = "apache"


class CronJobSettings(Section):
    """A command that runs on a schedule."""

    schedule: Annotated[str, Limit(expected="the five fields of cron, such as */15 * * * *", holds=_is_a_schedule)]
    """When it runs, in UTC. `30 0 * * *` is 00:30 every day."""
    command: Annotated[
        str,
        Limit(expected="one line that is not empty", holds=lambda text: bool(text.strip()) and "\n" not in text),
        # cron ends the command at a bare percent sign and feeds the rest to it as input.
        Limit(expected="\\% in place of every percent sign", holds=lambda text: not re.search(r"(?<!\\)%", text)),
    ]
    """The command, such as `php bin/console cashout:generate`. It runs in the application's directory, as the
    application's user."""

    @property
    def line(self) -> str:
        """Its line in the crontab of one user, and so without a user's name."""
        return f"{' '.join(self.schedule.split())} {self.command}"


class FtpSettings(Section):
    """An FTP server whose root is the web root. It needs a `gateway`, which is the only way to reach it."""

    user: Annotated[
        str,
        Limit(
            expected="2 to 32 lower-case letters, digits and hyphens, a letter first, and no user of the system",
            holds=lambda name: (
                re.fullmatch("[a-z][a-z0-9-]{1,31}", name) is not None and name not in _USERS_OF_THE_SYSTEM
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
    solution_stack: PhpPlatform
    """The Beanstalk platform. It decides the PHP version."""
    instance_types: InstanceTypes
    """The types of its single instance. Beanstalk tries them in this order."""
    root_volume_gib: RootVolumeGib = 20
    """The disk of the instance."""
    health_check_path: AbsolutePath = "/"
    """The path that the load balancer requests from the instance."""
    document_root: AbsolutePath = "/"
    """The directory that the web server serves, inside the release."""
    web_server: WebServer = WebServer.NGINX
    """The web server. The release holds its configuration."""
    https_host_name: DomainName | None = None
    """A name of the public zone under which the satellite also answers HTTPS. Without it, it answers HTTP only."""
    variables: Mapping[VariableName, str] = Field(default_factory=dict)
    """Environment variables and their values, such as `MAIL_PORT: "587"`. Do not put secrets here."""
    filled_secrets: Annotated[tuple[VariableName, ...], different("name")] = ()
    """Environment variables whose values are secrets. You put the values into Secrets Manager before the first
    deploy."""
    cron: tuple[CronJobSettings, ...] = ()
    """The jobs that run on a schedule."""
    ftp: FtpSettings | None = None
    """The FTP server. Without it there is none."""

    def faults(self) -> Iterator[Fault]:
        if both := sorted(set(self.variables) & set(self.filled_secrets)):
            yield Fault(path="filled_secrets", got=both, expected="names that variables does not have")
        if (size := len(self.cron_table.encode())) > _MOST_CRON_BYTES:
            yield Fault(path="cron", got=Words(f"{size} bytes"), expected=f"{_MOST_CRON_BYTES} bytes or fewer")

    @property
    def fleet(self) -> FleetSettings:
        """One instance, which Beanstalk replaces when it fails."""
        return FleetSettings(instances=1, instance_types=self.instance_types, root_volume_gib=self.root_volume_gib)

    @property
    def cron_table(self) -> str:
        """All its jobs, one a line."""
        return "".join(f"{job.line}\n" for job in self.cron)
