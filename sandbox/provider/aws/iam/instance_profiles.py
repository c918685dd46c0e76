"""Instance profiles."""

from __future__ import annotations

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.iam.policies import NOT_FOUND
from sandbox.provider.aws.tags import Tagging


@adapter
class InstanceProfile(Adapter):
    token = "aws:iam/instanceProfile:InstanceProfile"
    service = "iam"
    tagging = Tagging(
        service="iam",
        resource="InstanceProfileName",
        reading="list_instance_profile_tags",
        setting="tag_instance_profile",
        removing="untag_instance_profile",
    )
    not_found = NOT_FOUND
    properties = {
        "name": Property(replaces=True, autoname=AutoName(max_length=128)),
        "path": Property(default="/", replaces=True),
        "role": Property(),
        "tags": TAGS,
    }
    outputs = ("arn", "createDate", "uniqueId")

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("iam").create_instance_profile(
            InstanceProfileName=inputs["name"], Path=inputs["path"], Tags=tags.to_records(inputs["tagsAll"])
        )
        return str(answer["InstanceProfile"]["InstanceProfileName"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        self._hold(aws, id, inputs.get("role"))

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        profile = aws.client("iam").get_instance_profile(InstanceProfileName=id)["InstanceProfile"]
        return {
            "name": profile["InstanceProfileName"],
            "path": profile["Path"],
            "role": next((role["RoleName"] for role in profile["Roles"]), None),
            "tags": tags.from_records(profile.get("Tags")),
            "arn": profile["Arn"],
            "createDate": profile["CreateDate"].isoformat(),
            "uniqueId": profile["InstanceProfileId"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._hold(aws, id, new.get("role"))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        self._hold(aws, id, None)
        aws.client("iam").delete_instance_profile(InstanceProfileName=id)

    def _hold(self, aws: Aws, id: str, role: str | None) -> None:
        """Let it hold this role and no other, none with ``None``; it has room for one."""
        iam = aws.client("iam")
        held = [
            held["RoleName"] for held in iam.get_instance_profile(InstanceProfileName=id)["InstanceProfile"]["Roles"]
        ]
        for other in held:
            if other != role:
                iam.remove_role_from_instance_profile(InstanceProfileName=id, RoleName=other)
        if role and role not in held:
            iam.add_role_to_instance_profile(InstanceProfileName=id, RoleName=role)
