"""The TLS certificate, imported into the two regions where AWS's services look for it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.shared.context import Context
from settings.certificate_files import ImportedCertificate

CLOUDFRONT_REGION = "us-east-1"
"""The only region whose certificates CloudFront takes ("Requirements for using SSL/TLS certificates with
CloudFront")."""


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """The certificate to import."""

    context: Context
    files: ImportedCertificate
    """The certificate, its key and its chain, which the settings have checked against each other."""


class Certificate(pulumi.ComponentResource):
    """One certificate imported twice: in the stack's own region for load balancers, and in us-east-1 for CloudFront.

    A renewed certificate is imported into the same ARNs, so nothing that uses them changes.
    """

    arn: pulumi.Output[str]
    cloudfront_arn: pulumi.Output[str]

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:network:Certificate", name, {}, opts)

        def imported(suffix: str, region: str | None) -> aws.acm.Certificate:
            return aws.acm.Certificate(
                f"{name}-{suffix}",
                certificate_body=args.files.certificate,
                private_key=pulumi.Output.secret(args.files.private_key),
                certificate_chain=args.files.chain,
                region=region,
                tags=args.context.tags.named(f"{name}-{suffix}"),
                opts=pulumi.ResourceOptions(parent=self),
            )

        self.arn = imported("regional", None).arn
        self.cloudfront_arn = imported("cloudfront", CLOUDFRONT_REGION).arn
        self.register_outputs({"arn": self.arn, "cloudfront_arn": self.cloudfront_arn})
