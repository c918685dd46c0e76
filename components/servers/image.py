"""The machine image of a server, and whether EC2 still has it."""

from __future__ import annotations

from enum import Enum

import pulumi
import pulumi_aws as aws

from components.shared.arguments import refuse
from settings.instance_types import architecture
from settings.server_size import ServerSizeSettings

_DEBIAN_ACCOUNT = "136693071363"  # https://wiki.debian.org/Cloud/AmazonEC2Image


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
    """The id of an image of the stack file, which must exist.

    Raises ``ValueError`` if EC2 does not have it. EC2 would refuse it too, but only when the server that it replaces is
    gone.
    """
    if not _exists(image_id):
        refuse(
            server,
            got=image_id,
            expected="the id of an image that exists in this region",
            fix="Set another size.ami or none: a server that is up then keeps its image.",
        )
    return image_id


def warn_about(instance: aws.ec2.Instance, newest: pulumi.Input[str]) -> None:
    """Print a warning in previews and updates if AWS no longer offers the image that the instance runs.

    ``newest`` is the image that a new instance would start from.
    """
    pulumi.Output.all(instance.ami, newest).apply(lambda known: _warn(instance, running=known[0], newest=known[1]))


def _warn(instance: pulumi.Resource, *, running: str, newest: str) -> None:
    if running != newest and not _exists(running):
        pulumi.log.warn(
            f"it runs {running}, which AWS no longer offers. It goes on as it is. When it is replaced, the new instance"
            f" starts from {newest}, the newest image.",
            instance,
        )


def _exists(image_id: str) -> bool:
    try:
        aws.ec2.get_ami(
            filters=[aws.ec2.GetAmiFilterArgs(name="image-id", values=[image_id])],
            # A deprecated image is not listed, but starts ("Deprecate an Amazon EC2 AMI").
            include_deprecated=True,
        )
    except Exception as error:  # the SDK's own, without a type
        if "returned no results" not in str(error):
            raise
        return False
    return True
