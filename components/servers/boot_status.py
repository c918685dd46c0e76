"""How a server says whether it has come up: a tag that the instance sets on itself."""

from __future__ import annotations

TAG = "BootStatus"
"""``booting``, ``ready`` or ``failed``. It is the instance's, and none of the tags that the stack sets."""


def may_tell(region: str) -> dict[str, object]:
    """The IAM statement that lets an instance set this one tag, on itself alone."""
    return {
        "Effect": "Allow",
        "Action": "ec2:CreateTags",
        "Resource": f"arn:aws:ec2:{region}:*:instance/*",
        "Condition": {
            "ForAllValues:StringEquals": {"aws:TagKeys": [TAG]},
            # The instance that asks must be the instance that is asked for: EC2 fills in the id of the latter.
            "ArnLike": {"ec2:SourceInstanceARN": f"arn:aws:ec2:{region}:*:instance/${{ec2:InstanceID}}"},
        },
    }
