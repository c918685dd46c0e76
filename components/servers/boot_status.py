"""How an instance reports whether it has booted: by a tag that people read, and a metric that an alarm watches."""

from __future__ import annotations

TAG = "BootStatus"
"""``booting``, ``ready`` or ``failed``. The instance sets this tag, not the stack."""
METRIC = "BootReady"
"""1 when the last boot went well, otherwise 0. The instance publishes it every five minutes, with its id."""
NAMESPACE = "Servers"


def may_report(region: str) -> tuple[dict[str, object], ...]:
    """The IAM statements that let an instance set this tag on itself, and publish metrics in ``NAMESPACE``."""
    return (
        {
            "Effect": "Allow",
            "Action": "ec2:CreateTags",
            "Resource": f"arn:aws:ec2:{region}:*:instance/*",
            "Condition": {
                "ForAllValues:StringEquals": {"aws:TagKeys": [TAG]},
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
