"""The machine image of a server, and whether EC2 still has it."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum

import pulumi
import pulumi_aws as aws

from components.shared.arguments import refuse
from settings.instance_types import architecture
from settings.server_size import ServerSizeSettings

_DEBIAN_ACCOUNT = "136693071363"  # https://wiki.debian.org/Cloud/AmazonEC2Image

_OLD_DAYS = 90
"""The age from which an image of your own has a warning. Packages that it has are brought up to date after each first
boot, and the longer that takes, the longer a new server runs without the updates."""


class OperatingSystem(Enum):
    """The operating system of a server."""

    DEBIAN = "Debian"
    WINDOWS = "Windows Server"


def newest_image(system: OperatingSystem, size: ServerSizeSettings) -> pulumi.Output[str]:
    """The id of the newest official image of a server's release, for its processor."""
    owner, pattern = {
        OperatingSystem.DEBIAN: (
            _DEBIAN_ACCOUNT,
            f"debian-{size.installed_release}-{'arm64' if architecture(size.instance_type) == 'arm64' else 'amd64'}-*",
        ),
        OperatingSystem.WINDOWS: ("amazon", f"Windows_Server-{size.installed_release}-English-Full-Base-*"),
    }[system]
    return aws.ec2.get_ami_output(
        most_recent=True,
        owners=[owner],
        filters=[
            aws.ec2.GetAmiFilterArgs(name="name", values=[pattern]),
            aws.ec2.GetAmiFilterArgs(name="virtualization-type", values=["hvm"]),
        ],
    ).id


def own_image(server: str, image_id: str) -> str:
    """The id of an image of the stack file, which must exist. Prints a warning if it is old.

    Raises ``ValueError`` if EC2 does not have it. EC2 would refuse it too, but only when the server that it replaces is
    gone.
    """
    image = _find(image_id)
    if image is None:
        refuse(
            server,
            got=image_id,
            expected="the id of an image that exists in this region",
            fix="Set another size.ami or none: a server that is up then keeps its image.",
        )
    made = datetime.fromisoformat(image.creation_date)
    if (days := (datetime.now(UTC) - made).days) > _OLD_DAYS:
        pulumi.log.warn(
            f"{server}: its image {image_id} is {days} days old, and so are the packages that a new server starts with."
            " images/README.md says how to make a newer one."
        )
    return image_id


def warn_about(instance: aws.ec2.Instance, newest: pulumi.Input[str]) -> None:
    """Print a warning in previews and updates if AWS no longer offers the image that the instance runs.

    ``newest`` is the image that a new instance would start from.
    """
    pulumi.Output.all(instance.ami, newest).apply(lambda known: _warn(instance, running=known[0], newest=known[1]))


def _warn(instance: pulumi.Resource, *, running: str, newest: str) -> None:
    if running != newest and _find(running) is None:
        pulumi.log.warn(
            f"it runs {running}, which AWS no longer offers. It goes on as it is. When it is replaced, the new instance"
            f" starts from {newest}, the newest image.",
            instance,
        )


def _find(image_id: str) -> aws.ec2.GetAmiResult | None:
    """What EC2 says of an image; None if it does not have it."""
    try:
        return aws.ec2.get_ami(
            filters=[aws.ec2.GetAmiFilterArgs(name="image-id", values=[image_id])],
            # A deprecated image is not listed, but starts ("Deprecate an Amazon EC2 AMI").
            include_deprecated=True,
        )
    except Exception as error:  # the SDK's own, without a type
        if "returned no results" not in str(error):
            raise
        return None
