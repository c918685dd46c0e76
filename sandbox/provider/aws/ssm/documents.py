"""Systems Manager's documents."""

from __future__ import annotations

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.ssm.tagging import tagging_of

_LATEST = "$LATEST"
_PARAMETER = {"name": "Name", "type": "Type", "description": "Description", "defaultValue": "DefaultValue"}


@adapter
class Document(Adapter):
    """Its id is its name. An update makes a new version, and makes that the default."""

    token = "aws:ssm/document:Document"
    service = "ssm"
    tagging = tagging_of("Document")
    not_found = ("InvalidDocument",)
    properties = {
        "name": Property(replaces=True, autoname=AutoName(max_length=128)),
        "content": Property(required=True),
        # AWS cannot change it. The official provider does not say so, and would find the difference again in each run.
        "documentType": Property(required=True, replaces=True),
        "documentFormat": Property(default="JSON"),
        "tags": TAGS,
    }
    outputs = (
        "arn",
        "createdDate",
        "defaultVersion",
        "description",
        "documentVersion",
        "hash",
        "hashType",
        "latestVersion",
        "owner",
        "parameters",
        "platformTypes",
        "schemaVersion",
        "status",
    )
    volatile_outputs = ("defaultVersion", "documentVersion", "hash", "latestVersion", "parameters")
    emulation = "Only documents of one step with `aws:runShellScript` can run, on the hosts of a fleet."

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("ssm").create_document(
            Name=inputs["name"],
            Content=inputs["content"],
            DocumentType=inputs["documentType"],
            DocumentFormat=inputs["documentFormat"],
            Tags=tags.to_records(inputs["tagsAll"]),
        )
        return str(answer["DocumentDescription"]["Name"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        ssm = aws.client("ssm")
        document = ssm.describe_document(Name=id)["Document"]
        document_format = document["DocumentFormat"]
        newest = ssm.get_document(Name=id, DocumentVersion=_LATEST, DocumentFormat=document_format)
        return {
            "name": document["Name"],
            "content": newest["Content"],
            "documentType": document["DocumentType"],
            "documentFormat": document_format,
            "tags": self.tagging.read(aws, id),
            "arn": f"arn:{aws.partition}:ssm:{aws.region}:{aws.account_id}:document/{id}",
            "createdDate": document["CreatedDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "defaultVersion": document["DefaultVersion"],
            "description": document.get("Description"),
            "documentVersion": document["DocumentVersion"],
            "hash": document["Hash"],
            "hashType": document["HashType"],
            "latestVersion": document["LatestVersion"],
            "owner": document["Owner"],
            "parameters": [
                {name: each[member] for name, member in _PARAMETER.items() if member in each}
                for each in document.get("Parameters") or ()
            ],
            "platformTypes": document["PlatformTypes"],
            "schemaVersion": document["SchemaVersion"],
            "status": document["Status"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        ssm = aws.client("ssm")
        try:
            updated = ssm.update_document(
                Name=id, Content=new["content"], DocumentFormat=new["documentFormat"], DocumentVersion=_LATEST
            )
            version = updated["DocumentDescription"]["DocumentVersion"]
        except ssm.exceptions.DuplicateDocumentContent:
            # An earlier run that was killed has made the version.
            version = ssm.describe_document(Name=id)["Document"]["LatestVersion"]
        ssm.update_document_default_version(Name=id, DocumentVersion=version)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("ssm").delete_document(Name=id)
