"""What a satellite is: an application beside the shop, on an instance of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from components.beanstalk.options import Fleet, WebServer
from components.servers.forwards import PortRange

_USERS_OF_THE_SYSTEM = {"root", "ec2-user", "webapp"}
_LOWEST_PASSIVE_PORT = 1024
_VARIABLE = re.compile("[A-Z][A-Z0-9_]*")
_CRON_FIELD = re.compile(r"[0-9A-Za-z*/,-]+")
_CRON_FIELDS = 5
_MOST_CRON_BYTES = 2048
"""Half of what Beanstalk takes for all environment properties together ("Configuring environment properties")."""


@dataclass(frozen=True, kw_only=True)
class CronJob:
    """``schedule`` is cron's own five fields, in UTC; ``command`` runs in the application's directory, as its user."""

    schedule: str
    command: str

    def __post_init__(self) -> None:
        fields = self.schedule.split()
        if len(fields) != _CRON_FIELDS or not all(map(_CRON_FIELD.fullmatch, fields)):
            raise ValueError(f"schedule must be cron's five fields, such as */15 * * * *, got '{self.schedule}'")
        if not self.command.strip() or "\n" in self.command:
            raise ValueError(f"command must be one line, got {self.command!r}")
        # cron ends the command at a bare percent sign and feeds the rest to it as input.
        if re.search(r"(?<!\\)%", self.command):
            raise ValueError(f"command must have \\% for a percent sign, got '{self.command}'")

    @property
    def line(self) -> str:
        """Its line for the table of one user, and so without a user's name."""
        return f"{' '.join(self.schedule.split())} {self.command}"


@dataclass(frozen=True, kw_only=True)
class FtpAccess:
    """An FTP server whose root is the web root. ``passive_ports`` is the range for data connections, such as
    ``5000-5099``, as the gateway's forward has it."""

    user: str
    passive_ports: str

    def __post_init__(self) -> None:
        if not re.fullmatch("[a-z][a-z0-9-]{1,31}", self.user) or self.user in _USERS_OF_THE_SYSTEM:
            raise ValueError(
                "user must be 2 to 32 lower-case letters, digits and hyphens, and no user of the system's, "
                f"got '{self.user}'"
            )
        if self.passive_range.first < _LOWEST_PASSIVE_PORT:
            raise ValueError(f"passive_ports must be {_LOWEST_PASSIVE_PORT} or higher, got {self.passive_ports}")

    @property
    def passive_range(self) -> PortRange:
        return PortRange.of(self.passive_ports)


@dataclass(frozen=True, kw_only=True)
class Satellite:
    """One application and what it needs beyond an instance, a load balancer and the shared database.

    ``name`` is part of every name that it has, and of the directory under ``platform_config/`` whose files are merged
    into its release. ``https_host_name`` adds HTTPS under that name of the public zone, beside plain HTTP.
    ``variables`` reach the application as they are; ``filled_secrets`` are variables too, whose values people fill in
    (README, "Secrets that people fill in"). Raises ``ValueError`` for what Beanstalk or cron would refuse later.
    """

    name: str
    solution_stack: str
    instance_types: tuple[str, ...]
    root_volume_gib: int = 20
    health_check_path: str = "/"
    document_root: str = "/"
    web_server: WebServer = WebServer.NGINX
    https_host_name: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    filled_secrets: tuple[str, ...] = ()
    cron: tuple[CronJob, ...] = ()
    ftp: FtpAccess | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch("[a-z][a-z0-9-]{0,18}[a-z0-9]", self.name):
            raise ValueError(f"name must be 2 to 20 lower-case letters, digits and hyphens, got '{self.name}'")
        for path in ("health_check_path", "document_root"):
            if not getattr(self, path).startswith("/"):
                raise ValueError(f"{path} must begin with /, got '{getattr(self, path)}'")
        for variable in (*self.variables, *self.filled_secrets):
            if not _VARIABLE.fullmatch(variable):
                raise ValueError(f"a variable's name must be upper-case letters, digits and _, got '{variable}'")
        if repeated := set(self.variables) & set(self.filled_secrets):
            raise ValueError(f"variables and filled_secrets: each name once, got {', '.join(sorted(repeated))} twice")
        _ = self.fleet  # which judges the instance types
        if len(self.cron_table.encode()) > _MOST_CRON_BYTES:
            raise ValueError(f"cron must be at most {_MOST_CRON_BYTES} bytes, got {len(self.cron_table.encode())}")

    @property
    def fleet(self) -> Fleet:
        """High availability is not asked of it: one instance, which Beanstalk replaces when it fails."""
        return Fleet(instances=1, instance_types=self.instance_types, root_volume_gib=self.root_volume_gib)

    @property
    def cron_table(self) -> str:
        """All its jobs, one a line."""
        return "".join(f"{job.line}\n" for job in self.cron)
