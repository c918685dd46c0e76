"""The machine image of a server for which the stack file has none."""

from __future__ import annotations

from enum import Enum

import pulumi
import pulumi_aws as aws

from settings.instance_types import architecture

_DEBIAN_ACCOUNT = "136693071363"  # https://wiki.debian.org/Cloud/AmazonEC2Image


class OperatingSystem(Enum):
    """The operating system of a server, and its default release."""

    DEBIAN = "12"
    WINDOWS = "2022"


def newest_image(system: OperatingSystem, instance_type: str, release: str | None = None) -> pulumi.Output[str]:
    """The id of the newest official image of a release, for the processor of ``instance_type``."""
    release = release or system.value
    owner, pattern = {
        OperatingSystem.DEBIAN: (
            _DEBIAN_ACCOUNT,
            f"debian-{release}-{'arm64' if architecture(instance_type) == 'arm64' else 'amd64'}-*",
        ),
        OperatingSystem.WINDOWS: ("amazon", f"Windows_Server-{release}-English-Full-Base-*"),
    }[system]
    return aws.ec2.get_ami_output(
        most_recent=True,
        owners=[owner],
        filters=[
            aws.ec2.GetAmiFilterArgs(name="name", values=[pattern]),
            aws.ec2.GetAmiFilterArgs(name="virtualization-type", values=["hvm"]),
        ],
    ).id
