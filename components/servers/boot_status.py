"""The tag in which an instance reports whether it has booted."""

from __future__ import annotations

TAG = "BootStatus"
"""``booting``, ``ready`` or ``failed``. The instance sets this tag, not the stack."""


def may_report(region: str) -> dict[str, object]:
    """The IAM statement that lets an instance set this tag, only on itself."""
    return {
        "Effect": "Allow",
        "Action": "ec2:CreateTags",
        "Resource": f"arn:aws:ec2:{region}:*:instance/*",
        "Condition": {
            "ForAllValues:StringEquals": {"aws:TagKeys": [TAG]},
            # The instance that asks must be the one that is tagged: EC2 fills in the id of the latter.
            "ArnLike": {"ec2:SourceInstanceARN": f"arn:aws:ec2:{region}:*:instance/${{ec2:InstanceID}}"},
        },
    }
