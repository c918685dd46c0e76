"""An image for the tests that start instances."""

from __future__ import annotations

from typing import Any


def image_id(ec2: Any) -> str:
    """A Debian image. All of Amazon's, of which any would do, take seconds to be listed."""
    found = ec2.describe_images(Filters=[{"Name": "name", "Values": ["debian-12-amd64-*"]}])["Images"]
    return str(found[0]["ImageId"])
