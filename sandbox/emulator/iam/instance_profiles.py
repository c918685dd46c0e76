"""The tags of instance profiles."""

from __future__ import annotations

from typing import Any

from moto.iam.responses import IamResponse

from sandbox.emulator.patching import operation


@operation(IamResponse)
def list_instance_profile_tags(response: IamResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    profile = response.backend.get_instance_profile(parameters["InstanceProfileName"])
    return {"Tags": profile.tags, "IsTruncated": False}
