"""The instances of a Beanstalk environment."""

from __future__ import annotations

import re
from typing import Annotated

from settings.section import Section
from settings.values import Limit, RootVolumeGib, at_least

# The letter after a family's generation tells the processor ("Amazon EC2 instance type naming conventions").
_GRAVITON = re.compile(r"[a-z]+\d+[a-z]*g[a-z]*\..+|a1\..+")


def is_graviton(instance_type: str) -> bool:
    """Whether instances of this type have one of AWS's Graviton processors (arm64), such as ``c7g.xlarge``."""
    return _GRAVITON.fullmatch(instance_type) is not None


InstanceTypes = Annotated[
    tuple[str, ...],
    Limit(
        expected="one or more types of one architecture, such as c7g.xlarge and c8g.xlarge",
        holds=lambda types: len({is_graviton(each) for each in types}) == 1,
    ),
]


class FleetSettings(Section):
    """The instances of one environment. Their number does not change with the load."""

    instances: Annotated[int, at_least(1)]
    """The number of instances."""
    instance_types: InstanceTypes
    """The instance types. Beanstalk tries them in this order."""
    root_volume_gib: RootVolumeGib
    """The disk of each instance."""

    @property
    def architecture(self) -> str:
        """The processor architecture, as AWS calls it."""
        return "arm64" if is_graviton(self.instance_types[0]) else "x86_64"
