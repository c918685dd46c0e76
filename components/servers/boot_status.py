"""How an instance reports whether it has booted: by a tag that people read, and a metric that an alarm watches."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.servers import server_configuration
from components.shared.context import Context

TAG = "BootStatus"
"""``booting``, ``ready`` or ``failed``. The instance sets this tag, not the stack."""
METRIC = "BootReady"
"""1 when the last boot went well, the server serves and the newest configuration is in effect, otherwise 0. The
instance publishes it every five minutes, with its id."""
NAMESPACE = "Servers"


def may_report(region: str) -> tuple[dict[str, object], ...]:
    """The IAM statements that let an instance set the tags that say how it is on itself, and publish metrics in
    ``NAMESPACE``."""
    return (
        {
            "Effect": "Allow",
            "Action": "ec2:CreateTags",
            "Resource": f"arn:aws:ec2:{region}:*:instance/*",
            "Condition": {
                "ForAllValues:StringEquals": {"aws:TagKeys": [TAG, server_configuration.TAG]},
                # The instance that asks must be the one that is tagged: EC2 fills in the id of the latter.
                "ArnLike": {"ec2:SourceInstanceARN": f"arn:aws:ec2:{region}:*:instance/${{ec2:InstanceID}}"},
            },
        },
        {
            "Effect": "Allow",
            "Action": "cloudwatch:PutMetricData",
            # The action has no resources ("Actions, resources, and condition keys for Amazon CloudWatch").
            "Resource": "*",
            "Condition": {"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
        },
    )


def say_which_are_not_ready(servers: Mapping[str, pulumi.Input[str]], context: Context) -> None:
    """Print at the end of a run which servers are not ready, and where to look. ``servers`` has the instances' ids.

    A server that the run has made is still booting then.
    """
    if not servers:
        return
    # One question for all servers, and only those of this stack.
    ready = aws.ec2.get_instances_output(
        instance_tags={"Client": context.tags.client, "Environment": context.tags.environment, TAG: "ready"},
        instance_state_names=["running"],
    ).ids
    pulumi.Output.all(ready=ready, ids=dict(servers)).apply(lambda known: _say(known["ids"], set(known["ready"])))


def _say(ids: Mapping[str, str], ready: set[str]) -> None:
    if names := [name for name, id in ids.items() if id not in ready]:
        pulumi.log.info(
            f"Servers that are not ready: {', '.join(names)}. A new one takes some minutes to boot. To see how they "
            f"are, and where to look: ./shop servers -s {pulumi.get_stack()}"
        )
