"""Names and tags of the resources of an environment."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping


def random_text(length: int, alphabet: str = string.ascii_lowercase + string.digits) -> str:
    return "".join(random.choices(alphabet, k=length))


def stack_name(environment_id: str) -> str:
    """The name of the CloudFormation stack that the resources belong to in AWS."""
    return f"awseb-{environment_id}-stack"


def resource_name(stack: str, logical_id: str) -> str:
    """A physical name in CloudFormation's form."""
    return f"{stack}-{logical_id}-{random_text(12, string.ascii_uppercase + string.digits)}"


def environment_tags(environment_id: str, environment_name: str, own: Mapping[str, str]) -> dict[str, str]:
    """The tags of an environment's resources: the user's and Beanstalk's."""
    return {
        "Name": environment_name,
        **own,
        "elasticbeanstalk:environment-id": environment_id,
        "elasticbeanstalk:environment-name": environment_name,
    }


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_dict(tags: list[dict[str, str]] | None) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value") or "" for tag in tags or ()}
