"""Which instance of the back office runs cron while there are two of them.

That is so while a release is deployed with an additional batch. The oldest one does: before the deployment it is the
only one, and if it is lost, the next one takes over within a minute. `run_cron.sh` of the platform configuration asks.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.shared.iam import allow, document
from settings.fleet import FleetSettings

OLDEST_OF = "MAGENTO_CRON_ON_OLDEST_OF"
"""The environment property with the environment's name. Without it, every instance of the back office runs cron."""


def variables(fleet: FleetSettings, environment_name: str) -> Mapping[str, str]:
    """The property that lets cron run on the environment's oldest instance alone. Empty without an additional batch."""
    return {OLDEST_OF: environment_name} if fleet.has_additional_batch else {}


def grant_look(fleet: FleetSettings, name: str, role: aws.iam.Role, parent: pulumi.Resource) -> None:
    """Let ``role`` see when the instances started, if the fleet has an additional batch."""
    if not fleet.has_additional_batch:
        return
    aws.iam.RolePolicy(
        f"{name}-sees-instances",
        role=role.name,
        # AWS cannot limit it to a resource ("Actions, resources, and condition keys for Amazon EC2").
        policy=document(allow(["ec2:DescribeInstances"], "*")),
        opts=pulumi.ResourceOptions(parent=parent),
    )
