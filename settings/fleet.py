"""The instances of a Beanstalk environment."""

from __future__ import annotations

from typing import Annotated

from settings.instance_types import Ec2Type, architecture
from settings.section import Section
from settings.values import Limit, RootVolumeGib, between, different

_MOST_INSTANCES = 10_000
"""Of an environment ("General options for all environments", ``aws:autoscaling:asg``)."""

InstanceTypes = Annotated[
    tuple[Ec2Type, ...],
    Limit(
        expected="one or more types of one architecture, such as c7g.xlarge and c8g.xlarge",
        holds=lambda types: len({architecture(each) for each in types}) == 1,
    ),
    different("type"),
]


class FleetSettings(Section):
    """The instances of one environment. Their number does not change with the load."""

    instances: Annotated[int, between(1, _MOST_INSTANCES)]
    """The number of instances."""
    instance_types: InstanceTypes
    """The instance types. Beanstalk tries them in this order."""
    root_volume_gib: RootVolumeGib
    """The disk of each instance."""

    @property
    def architecture(self) -> str:
        """The processor architecture, as AWS calls it."""
        return architecture(self.instance_types[0])
