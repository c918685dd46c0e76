"""The instances of a Beanstalk environment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from settings.instance_types import Ec2Type, architecture
from settings.messages import Fault
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
    def has_additional_batch(self) -> bool:
        """Whether there is one instance more while a release is deployed."""
        return False

    @property
    def architecture(self) -> str:
        """The processor architecture, as AWS calls it."""
        return architecture(self.instance_types[0])


class BackOfficeSettings(FleetSettings):
    """The instances of the back office. A release needs exactly one: Magento's commands and cron run in one place."""

    additional_batch: bool = False
    """Whether Beanstalk starts a second instance for as long as it deploys a release to the first one. Administrators
    then can work on, instead of seeing the page of the hold for some minutes. The second instance runs neither cron
    nor database changes. Deploy a release that was built with this version of the program before you set it."""

    @property
    def has_additional_batch(self) -> bool:
        return self.additional_batch

    def faults(self) -> Iterator[Fault]:
        if self.additional_batch and self.instances != 1:
            yield Fault(path="instances", got=self.instances, expected="1 with additional_batch")
