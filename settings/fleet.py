"""The instances of a Beanstalk environment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from settings.messages import Fault
from settings.section import Section, at_least

# The letter after a family's generation tells the processor ("Amazon EC2 instance type naming conventions").
_GRAVITON = re.compile(r"[a-z]+\d+[a-z]*g[a-z]*\..+|a1\..+")


def is_graviton(instance_type: str) -> bool:
    """Whether instances of this type have one of AWS's Graviton processors (arm64), such as ``c7g.xlarge``."""
    return _GRAVITON.fullmatch(instance_type) is not None


class FleetSettings(Section):
    """The instances of one environment. Their number does not change with the load."""

    instances: int
    """The number of instances."""
    instance_types: tuple[str, ...]
    """Instance types of one architecture. Beanstalk tries them in this order."""
    root_volume_gib: int
    """The disk of each instance, in GiB."""

    def faults(self) -> Iterator[Fault]:
        yield from at_least("instances", self.instances, 1)
        yield from one_architecture(self.instance_types)

    @property
    def architecture(self) -> str:
        """The processor architecture, as AWS calls it."""
        return "arm64" if is_graviton(self.instance_types[0]) else "x86_64"


def one_architecture(instance_types: tuple[str, ...]) -> Iterator[Fault]:
    """A fault unless there are instance types, and all have the same processor architecture."""
    if len({is_graviton(each) for each in instance_types}) != 1:
        yield Fault(
            path="instance_types",
            got=instance_types,
            expected="one or more types of one architecture, such as c7g.xlarge and c8g.xlarge",
        )
