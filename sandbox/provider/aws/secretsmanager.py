"""Secrets Manager: secrets and their versions."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from botocore.exceptions import ClientError

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter, function
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.tags import Tagging


@adapter
class Secret(Adapter):
    """Its id is its ARN."""

    token = "aws:secretsmanager/secret:Secret"
    service = "secretsmanager"
    tagging = Tagging(service="secretsmanager", resource="SecretId")
    not_found = ("ResourceNotFoundException",)
    properties = {
        "name": Property(replaces=True, autoname=AutoName(max_length=512)),
        "description": Property(),
        "kmsKeyId": Property(),
        "policy": Property(computed=True, json=True),
        "recoveryWindowInDays": Property(default=30, kept="Said to AWS only when the secret is deleted."),
        "forceOverwriteReplicaSecret": Property(default=False, write_only=True),
        "tags": TAGS,
    }
    outputs = ("arn",)
    emulation = "Its policy is stored and not enforced."

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("secretsmanager").create_secret(
            Name=inputs["name"],
            ForceOverwriteReplicaSecret=inputs["forceOverwriteReplicaSecret"],
            Tags=tags.to_records(inputs["tagsAll"]),
            **arguments(inputs, {"description": "Description", "kmsKeyId": "KmsKeyId"}),
        )
        return str(answer["ARN"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        if inputs.get("policy"):
            aws.client("secretsmanager").put_resource_policy(SecretId=id, ResourcePolicy=inputs["policy"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        client = aws.client("secretsmanager")
        secret = client.describe_secret(SecretId=id)
        if "DeletedDate" in secret:
            return None
        return {
            "name": secret["Name"],
            "description": secret.get("Description"),
            "kmsKeyId": secret.get("KmsKeyId"),
            "policy": client.get_resource_policy(SecretId=id).get("ResourcePolicy"),
            "tags": tags.from_records(secret.get("Tags")),
            "arn": secret["ARN"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        client = aws.client("secretsmanager")
        if changed & {"description", "kmsKeyId"}:
            client.update_secret(
                SecretId=id,
                Description=new.get("description") or "",
                **arguments(new, {"kmsKeyId": "KmsKeyId"}),
            )
        if "policy" in changed:
            if new.get("policy"):
                client.put_resource_policy(SecretId=id, ResourcePolicy=new["policy"])
            else:
                client.delete_resource_policy(SecretId=id)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        client = aws.client("secretsmanager")
        # AWS refuses to delete a secret twice, with a code that means other things too.
        if "DeletedDate" in client.describe_secret(SecretId=id):
            return
        window = state.get("recoveryWindowInDays", 30)
        # A window of 0 is the official provider's word for at once.
        how = {"RecoveryWindowInDays": window} if window else {"ForceDeleteWithoutRecovery": True}
        client.delete_secret(SecretId=id, **how)


@adapter
class SecretVersion(Adapter):
    """A secret's value; its id is ``<ARN of the secret>|<version id>``."""

    token = "aws:secretsmanager/secretVersion:SecretVersion"
    service = "secretsmanager"
    not_found = ("ResourceNotFoundException",)
    properties = {
        "secretId": Property(required=True, replaces=True),
        "secretString": Property(required=True, replaces=True, secret=True),
    }
    outputs = ("arn", "versionId", "versionStages")

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("secretsmanager").put_secret_value(
            SecretId=inputs["secretId"], SecretString=inputs["secretString"]
        )
        return f"{answer['ARN']}|{answer['VersionId']}"

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        arn, _, version_id = id.partition("|")
        stages = _stages(aws, arn).get(version_id)
        if not stages:
            return None
        version = aws.client("secretsmanager").get_secret_value(SecretId=arn, VersionId=version_id)
        return {
            # A secret goes by its ARN and by its name.
            "secretId": version["Name"] if state.get("secretId") == version["Name"] else arn,
            "secretString": version.get("SecretString"),
            "versionStages": stages,
            "arn": arn,
            "versionId": version_id,
        }

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        """Changes nothing: AWS keeps a secret's current version, and deprecates an older one by itself."""


def _stages(aws: Aws, arn: str) -> Any:
    """The stages of each version of a secret; empty when the secret is being deleted."""
    secret = aws.client("secretsmanager").describe_secret(SecretId=arn)
    return {} if "DeletedDate" in secret else secret.get("VersionIdsToStages", {})


_STAGE = "AWSCURRENT"


@function("aws:secretsmanager/getSecretVersion:getSecretVersion")
def get_secret_version(aws: Aws, arguments: Values) -> Values:
    """The current value of a secret. Raises ``ValueError`` if there is none, and for an argument that is not
    handled."""
    said = {name: value for name, value in arguments.items() if value is not None}
    if unknown_keys := sorted(said.keys() - {"secretId", "region"}):
        raise ValueError(
            f"getSecretVersion: got {', '.join(unknown_keys)}, expected arguments that the sandbox handles"
        )
    id = f"{said['secretId']}|{_STAGE}"
    try:
        found = aws.client("secretsmanager", said.get("region")).get_secret_value(SecretId=said["secretId"])
    except ClientError as error:
        is_missing = error.response["Error"]["Code"] == "ResourceNotFoundException"
        why = "couldn't find resource" if is_missing else str(error)
        raise ValueError(f"reading Secrets Manager Secret Version ({id}): {why}") from None
    return {
        "id": id,
        "secretId": said["secretId"],
        "arn": found["ARN"],
        "secretString": found.get("SecretString", ""),
        "secretBinary": "",
        "versionId": found["VersionId"],
        "versionStage": _STAGE,
        "versionStages": found["VersionStages"],
        "createdDate": f"{found['CreatedDate'].astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": said.get("region") or aws.region,
    }
