"""``aws.ec2.getAmi``: the machine image that matches."""

from __future__ import annotations

import re
from typing import Any

from sandbox.provider.adapter import Aws, Values, function
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments as call_arguments
from sandbox.provider.aws.ec2.tagged import arn

_SENT = {"owners": "Owners", "executableUsers": "ExecutableUsers", "includeDeprecated": "IncludeDeprecated"}
_ARGUMENTS = {*_SENT, "filters", "mostRecent", "nameRegex", "region"}


@function("aws:ec2/getAmi:getAmi")
def get_ami(aws: Aws, arguments: Values) -> Values:
    """The image that the arguments ask for. Raises ``ValueError`` when none does, or several do and not
    ``mostRecent``, and for an argument that is not handled."""
    said = {name: value for name, value in arguments.items() if value is not None}
    if unknown_keys := sorted(said.keys() - _ARGUMENTS):
        raise ValueError(f"getAmi: got {', '.join(unknown_keys)}, expected arguments that the sandbox handles")
    images = aws.client("ec2", said.get("region")).describe_images(
        Filters=[{"Name": each["name"], "Values": each["values"]} for each in said.get("filters", [])],
        **call_arguments(said, _SENT),
    )["Images"]
    pattern = said.get("nameRegex", "")
    matching = [image for image in images if re.search(pattern, image["Name"])]
    if not matching:
        raise ValueError("Your query returned no results. Please change your search criteria.")
    if len(matching) > 1 and not said.get("mostRecent"):
        raise ValueError(
            f"Your query returned {len(matching)} results. Please try a more specific one, or set mostRecent."
        )
    newest = max(matching, key=lambda image: image["CreationDate"])
    return {**said, **_as_result(aws, newest)}


def _as_result(aws: Aws, image: dict[str, Any]) -> Values:
    return {
        "id": image["ImageId"],
        "imageId": image["ImageId"],
        "arn": arn(aws, "image", image["ImageId"]).replace(f":{aws.account_id}:", "::"),
        "architecture": image["Architecture"],
        "creationDate": image["CreationDate"],
        "description": image.get("Description", ""),
        "imageLocation": image.get("ImageLocation", ""),
        "imageOwnerAlias": image.get("ImageOwnerAlias", ""),
        "name": image["Name"],
        "ownerId": image["OwnerId"],
        "platform": image.get("Platform", ""),
        "public": image["Public"],
        "rootDeviceName": image["RootDeviceName"],
        "rootDeviceType": image["RootDeviceType"],
        "state": image["State"],
        "tags": tags.from_records(image.get("Tags")),
        "virtualizationType": image["VirtualizationType"],
        "region": aws.region,
    }
