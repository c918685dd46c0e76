"""The satellites: applications beside the shop."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from pydantic import Field

from settings.fleet import FleetSettings, one_architecture
from settings.messages import Fault
from settings.ports import PortRange, is_range
from settings.section import Section
from settings.text import AbsolutePath, ShortName

_USERS_OF_THE_SYSTEM = {"root", "ec2-user", "webapp"}
_LOWEST_PASSIVE_PORT = 1024
_VARIABLE = re.compile("[A-Z][A-Z0-9_]*")
_CRON_FIELD = re.compile(r"[0-9A-Za-z*/,-]+")
_CRON_FIELDS = 5
_MOST_CRON_BYTES = 2048
"""Half of what Beanstalk takes for all environment properties together ("Configuring environment properties")."""


class WebServer(StrEnum):
    """The web server before PHP. A release configures it in ``.platform/nginx`` or ``.platform/httpd``."""

    NGINX = "nginx"
    APACHE = "apache"


class CronJobSettings(Section):
    """A command that runs on a schedule."""

    schedule: str
    """When it runs: the five fields of cron, in UTC."""
    command: str
    """The command. It runs in the application's directory, as the application's user."""

    def faults(self) -> Iterator[Fault]:
        fields = self.schedule.split()
        if len(fields) != _CRON_FIELDS or not all(map(_CRON_FIELD.fullmatch, fields)):
            yield Fault(path="schedule", got=self.schedule, expected="the five fields of cron, such as */15 * * * *")
        if not self.command.strip() or "\n" in self.command:
            yield Fault(path="command", got=self.command, expected="one line")
        # cron ends the command at a bare percent sign and feeds the rest to it as input.
        if re.search(r"(?<!\\)%", self.command):
            yield Fault(path="command", got=self.command, expected="\\% in place of every percent sign")

    @property
    def line(self) -> str:
        """Its line in the crontab of one user, and so without a user's name."""
        return f"{' '.join(self.schedule.split())} {self.command}"


class FtpSettings(Section):
    """An FTP server whose root is the web root. It is reached only through the gateway."""

    user: str
    """The user who logs in."""
    passive_ports: str
    """The range of ports for data connections, such as `5000-5099`. The gateway must forward it."""

    def faults(self) -> Iterator[Fault]:
        if not re.fullmatch("[a-z][a-z0-9-]{1,31}", self.user) or self.user in _USERS_OF_THE_SYSTEM:
            yield Fault(
                path="user",
                got=self.user,
                expected="2 to 32 lower-case letters, digits and hyphens, and no user of the system",
            )
        if not is_range(self.passive_ports) or self.passive_range.first < _LOWEST_PASSIVE_PORT:
            yield Fault(
                path="passive_ports",
                got=self.passive_ports,
                expected=f"a range of ports, {_LOWEST_PASSIVE_PORT} or higher, such as 5000-5099",
            )

    @property
    def passive_range(self) -> PortRange:
        return PortRange.of(self.passive_ports)


class SatelliteSettings(Section):
    """One application on a Beanstalk instance, behind a load balancer, with the shared database."""

    name: ShortName
    """The name of the satellite. It is also its directory in `platform_config/`."""
    solution_stack: str
    """The Beanstalk platform, such as `64bit Amazon Linux 2023 v4.13.7 running PHP 8.4`."""
    instance_types: tuple[str, ...]
    """Instance types of one architecture. Beanstalk tries them in this order."""
    root_volume_gib: int = 20
    """The disk of the instance, in GiB."""
    health_check_path: AbsolutePath = "/"
    """The path that the load balancer asks of the instance."""
    document_root: AbsolutePath = "/"
    """The directory that the web server serves, inside the release."""
    web_server: WebServer = WebServer.NGINX
    """The web server. The release holds its configuration."""
    https_host_name: str | None = None
    """A name of the public zone under which the satellite also answers HTTPS."""
    variables: Mapping[str, str] = Field(default_factory=dict)
    """Environment variables and their values. Do not put secrets here."""
    filled_secrets: tuple[str, ...] = ()
    """Environment variables whose values people put into Secrets Manager."""
    cron: tuple[CronJobSettings, ...] = ()
    """The jobs that run on a schedule."""
    ftp: FtpSettings | None = None
    """The FTP server."""

    def faults(self) -> Iterator[Fault]:
        for key in ("variables", "filled_secrets"):
            for variable in getattr(self, key):
                if not _VARIABLE.fullmatch(variable):
                    yield Fault(path=key, got=variable, expected="upper-case letters, digits and _")
        if repeated := sorted(set(self.variables) & set(self.filled_secrets)):
            yield Fault(path="filled_secrets", got=repeated, expected="names that variables does not have")
        yield from one_architecture(self.instance_types)
        if (size := len(self.cron_table.encode())) > _MOST_CRON_BYTES:
            yield Fault(path="cron", got=f"{size} bytes", expected=f"at most {_MOST_CRON_BYTES} bytes")

    @property
    def fleet(self) -> FleetSettings:
        """One instance, which Beanstalk replaces when it fails."""
        return FleetSettings(instances=1, instance_types=self.instance_types, root_volume_gib=self.root_volume_gib)

    @property
    def cron_table(self) -> str:
        """All its jobs, one a line."""
        return "".join(f"{job.line}\n" for job in self.cron)
