"""``aws.acm.Certificate``, imported: a certificate that was made elsewhere."""

from __future__ import annotations

from typing import Any

from sandbox.provider.adapter import TAGS, Adapter, Aws, Property, Values, adapter
from sandbox.provider.aws.tags import Tagging, keys_as_records, to_records


@adapter
class Certificate(Adapter):
    """Its id is its ARN, which an import of another certificate in its place keeps."""

    token = "aws:acm/certificate:Certificate"
    service = "acm"
    tagging = Tagging(
        service="acm",
        resource="CertificateArn",
        reading="list_tags_for_certificate",
        setting="add_tags_to_certificate",
        removing="remove_tags_from_certificate",
        keys="Tags",
        keys_to_aws=keys_as_records,
    )
    not_found = ("ResourceNotFoundException",)
    properties = {
        "certificateBody": Property(required=True),
        "certificateChain": Property(),
        "privateKey": Property(required=True, secret=True, write_only=True),
        "tags": TAGS,
    }
    outputs = (
        "arn",
        "domainName",
        "domainValidationOptions",
        "keyAlgorithm",
        "notAfter",
        "notBefore",
        "pendingRenewal",
        "renewalEligibility",
        "renewalSummaries",
        "status",
        "subjectAlternativeNames",
        "type",
        "validationEmails",
        "validationMethod",
    )
    volatile_outputs = ("domainName", "keyAlgorithm", "notAfter", "notBefore", "status", "subjectAlternativeNames")

    def create(self, aws: Aws, inputs: Values) -> str:
        tags = {"Tags": to_records(inputs["tagsAll"])} if inputs["tagsAll"] else {}
        return str(aws.client("acm").import_certificate(**_material(inputs), **tags)["CertificateArn"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        acm = aws.client("acm")
        certificate = acm.describe_certificate(CertificateArn=id)["Certificate"]
        material = acm.get_certificate(CertificateArn=id)
        return {
            "certificateBody": _as_said(material["Certificate"], state.get("certificateBody")),
            "certificateChain": _as_said(material.get("CertificateChain"), state.get("certificateChain")),
            "tags": self.tagging.read(aws, id),
            "arn": id,
            "domainName": certificate["DomainName"],
            "domainValidationOptions": [],
            "keyAlgorithm": certificate["KeyAlgorithm"],
            "notAfter": certificate["NotAfter"].isoformat(),
            "notBefore": certificate["NotBefore"].isoformat(),
            "pendingRenewal": False,
            "renewalEligibility": certificate.get("RenewalEligibility", "INELIGIBLE"),
            "renewalSummaries": [],
            "status": certificate["Status"],
            "subjectAlternativeNames": certificate.get("SubjectAlternativeNames", []),
            "type": certificate["Type"],
            "validationEmails": [],
            "validationMethod": "NONE",
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        aws.client("acm").import_certificate(CertificateArn=id, **_material(new))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("acm").delete_certificate(CertificateArn=id)


def _material(inputs: Values) -> dict[str, Any]:
    names = {"Certificate": "certificateBody", "PrivateKey": "privateKey", "CertificateChain": "certificateChain"}
    return {argument: inputs[name].encode() for argument, name in names.items() if inputs.get(name)}


def _as_said(pem: str | None, said: str | None) -> str | None:
    """The text as the program wrote it, where only white space at its ends differs."""
    return said if pem and said and pem.strip() == said.strip() else pem
