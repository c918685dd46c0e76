"""``aws.ec2.getInstances``: the instances that match."""

from __future__ import annotations

from sandbox.provider.adapter import Aws, Values, function

_ARGUMENTS = {"filters", "instanceStateNames", "instanceTags", "region"}


@function("aws:ec2/getInstances:getInstances")
def get_instances(aws: Aws, arguments: Values) -> Values:
    """Ids and addresses of the instances that the arguments ask for: running ones, unless they name other states.

    None is an answer too. Raises ``ValueError`` for an argument that is not handled.
    """
    said = {name: value for name, value in arguments.items() if value is not None}
    if unknown_keys := sorted(said.keys() - _ARGUMENTS):
        raise ValueError(f"getInstances: got {', '.join(unknown_keys)}, expected arguments that the sandbox handles")
    filters = [
        {"Name": "instance-state-name", "Values": said.get("instanceStateNames") or ["running"]},
        *({"Name": f"tag:{key}", "Values": [value]} for key, value in said.get("instanceTags", {}).items()),
        *({"Name": each["name"], "Values": each["values"]} for each in said.get("filters", [])),
    ]
    pages = aws.client("ec2", said.get("region")).get_paginator("describe_instances").paginate(Filters=filters)
    found = [each for page in pages for group in page["Reservations"] for each in group["Instances"]]
    return {
        **said,
        "id": aws.region,
        "ids": [each["InstanceId"] for each in found],
        "privateIps": [each["PrivateIpAddress"] for each in found if each.get("PrivateIpAddress")],
        "publicIps": [each["PublicIpAddress"] for each in found if each.get("PublicIpAddress")],
        "ipv6Addresses": [],
        "region": aws.region,
    }
