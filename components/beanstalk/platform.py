"""Which version of Beanstalk's PHP platform an environment runs, and the warning when it is not the newest."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class PhpPlatform:
    """The PHP version, and the exact platform if it is pinned.

    Beanstalk's platforms have a new version every few weeks. A new account can only get recent ones ("PHP platform
    history"), so that no stack file can name one that is right for long. A new environment gets the newest. It keeps
    that version until the stack file pins another one: an update of the platform replaces the instances.
    """

    php: str
    pinned: str | None = None
    """A solution stack name, such as ``64bit Amazon Linux 2023 v4.13.13 running PHP 8.4``."""

    @property
    def ignored_changes(self) -> list[str]:
        """What the environment's resource must ignore to keep the version that it runs."""
        return [] if self.pinned else ["solutionStackName"]

    def newest(self) -> pulumi.Output[str]:
        """The newest platform with this PHP version. Beanstalk lists it first ("ListAvailableSolutionStacks")."""
        name = rf"^64bit Amazon Linux 2023 v[\d.]+ running PHP {re.escape(self.php)}$"
        return aws.elasticbeanstalk.get_solution_stack_output(most_recent=True, name_regex=name).name

    def warn_about(self, environment: aws.elasticbeanstalk.Environment, newest: pulumi.Output[str]) -> None:
        """Print a warning in previews and updates if the environment runs another platform than the newest."""
        running = environment.solution_stack_name
        pulumi.Output.all(environment.name, running, newest).apply(
            lambda known: _warn(environment, environment_name=known[0], running=known[1], newest=known[2])
        )


def _warn(environment: pulumi.Resource, *, environment_name: str, running: str, newest: str) -> None:
    if running != newest:
        pulumi.log.warn(
            f"{environment_name}: runs {running}, and the newest platform is {newest}. To update it, set solution_stack"
            f' to "{newest}" in the stack file, in pre-production first.',
            environment,
        )
