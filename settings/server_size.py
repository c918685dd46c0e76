"""The size and the image of a single server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from settings.instance_types import Ec2Type, architecture, is_nitro
from settings.log_retention import LogRetentionDays
from settings.messages import Fault
from settings.section import Section
from settings.values import Limit, RootVolumeGib, like

# AWS's recommended names for data volumes: /dev/sdf to /dev/sdp, xvdf to xvdp on Windows ("Device names for volumes").
VOLUME_LETTERS = "fghijklmnop"
"""The letters of a server's data volumes, and so how many it can have."""
LEAST_WINDOWS_GIB = 30


class ServerSizeSettings(Section):
    """One EC2 instance.

    Without `ami`, a new server gets the newest official image of its release. Later images do not replace it.
    """

    instance_type: Annotated[
        Ec2Type,
        Limit(expected="a type of the Nitro system, such as t4g.small, and not a Xen-based one", holds=is_nitro),
    ]
    """An instance type of the Nitro system, such as `t4g.small`. The Windows server needs an Intel or AMD type."""
    root_volume_gib: RootVolumeGib = 16
    """The disk of the operating system."""
    log_retention_days: LogRetentionDays = 90
    """How long CloudWatch Logs keeps the server's logs."""
    updates_at: Annotated[str, like("([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day in UTC, such as 03:30")] = "03:30"
    """When it installs security updates each day, in UTC. Another time replaces a Linux server."""
    restarts_for_updates: bool = True
    """Whether it restarts then if an update needs that, such as another kernel. Otherwise, you restart it."""
    ami: Annotated[str, like("ami-([0-9a-f]{8}|[0-9a-f]{17})", "the id of an image, such as ami-0123456789abcdef0")] | (
        None
    ) = None
    """The id of your own image. Another id replaces the server."""
    release: Annotated[str, like("[0-9]+", "a release, such as 12")] | None = None
    """Another release of the operating system. It only matters when the server is created or replaced. Without it, the
    release is Debian 13 or Windows Server 2022. Rundeck's server takes only Debian 12, because Rundeck does not run on
    the Java of Debian 13."""

    releases: ClassVar[tuple[str, ...]] = ("13", "12")
    """Releases that the server's files are tested on. The first is the default: for Debian, the stable one."""

    @property
    def installed_release(self) -> str:
        """The release that a new server gets."""
        return self.release or self.releases[0]

    def faults(self) -> Iterator[Fault]:
        if self.release is not None and self.release not in self.releases:
            yield Fault(path="release", got=self.release, expected=f"one of {', '.join(sorted(self.releases))}")
        if self.ami and self.release:
            yield Fault(path="release", got=self.release, expected="no release, since ami names the image")


class WindowsSizeSettings(ServerSizeSettings):
    """One EC2 instance with Windows Server."""

    releases: ClassVar[tuple[str, ...]] = ("2022", "2016", "2019", "2025")

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        if architecture(self.instance_type) != "x86_64":
            yield Fault(
                path="instance_type",
                got=self.instance_type,
                expected="an Intel or AMD type, such as m7i.large, since Windows does not run on Graviton",
            )
        if self.root_volume_gib < LEAST_WINDOWS_GIB:
            yield Fault(
                path="root_volume_gib",
                got=self.root_volume_gib,
                expected=f"{LEAST_WINDOWS_GIB} or more, the size of Windows Server's image",
            )
