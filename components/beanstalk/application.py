"""The Beanstalk application of a site or a satellite."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.beanstalk.placeholder import Placeholder
from components.shared.context import Context
from components.shared.iam import assumable_by

_SERVICE_POLICIES = {
    "health": "arn:aws:iam::aws:policy/service-role/AWSElasticBeanstalkEnhancedHealth",
    "updates": "arn:aws:iam::aws:policy/AWSElasticBeanstalkManagedUpdatesCustomerRolePolicy",
}


PLACEHOLDER = "placeholder"
"""The label of the version that environments start with."""


@dataclass(frozen=True, kw_only=True)
class BeanstalkApplicationArgs:
    """The name of the application, what its environments start with, and how many releases it keeps."""

    context: Context
    application_name: str
    """The name under which the release tool and people find it."""
    description: str
    placeholder: Placeholder
    bucket_name: pulumi.Input[str]
    """The private bucket in this region for the placeholder. Its key is
    ``<environment>/placeholders/<application>.zip``."""
    kept_versions: int = 100
    """How many versions are kept. Beanstalk takes at most 1000 in a region ("Service quotas")."""


class BeanstalkApplication(pulumi.ComponentResource):
    """The application, its first version, and the service role with which Beanstalk monitors its environments.

    The first version is a page that says that nothing has been released yet. After ``kept_versions`` releases,
    Beanstalk deletes it like any other version.
    """

    application_name: pulumi.Output[str]
    placeholder_version: pulumi.Output[str]
    """The label of the first version."""
    service_role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: BeanstalkApplicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "magento:beanstalk:BeanstalkApplication", name, {"application_name": args.application_name}, opts
        )
        self._child = pulumi.ResourceOptions(parent=self)
        tags = args.context.tags.named(name)
        role = aws.iam.Role(
            f"{name}-service-role",
            assume_role_policy=assumable_by("elasticbeanstalk.amazonaws.com", external_id="elasticbeanstalk"),
            tags=tags,
            opts=self._child,
        )
        attached = [
            aws.iam.RolePolicyAttachment(f"{name}-service-{label}", role=role.name, policy_arn=arn, opts=self._child)
            for label, arn in _SERVICE_POLICIES.items()
        ]
        application = aws.elasticbeanstalk.Application(
            f"{name}-application",
            # A fixed name, by which the release tool finds it.
            name=args.application_name,
            description=args.description,
            appversion_lifecycle=aws.elasticbeanstalk.ApplicationAppversionLifecycleArgs(
                service_role=role.arn, max_count=args.kept_versions, delete_source_from_s3=True
            ),
            # The provider drops the tag Name of everything in Beanstalk, and then finds it missing at each run.
            tags=args.context.tags.unnamed(),
            opts=pulumi.ResourceOptions(parent=self, depends_on=attached),
        )
        self.application_name = application.name
        self.placeholder_version = self._placeholder(name, args).name
        self.service_role_arn = role.arn
        self.register_outputs({"application_name": self.application_name})

    def _placeholder(self, name: str, args: BeanstalkApplicationArgs) -> aws.elasticbeanstalk.ApplicationVersion:
        key = f"{args.context.tags.environment}/placeholders/{args.application_name}.zip"
        stored = aws.s3.BucketObjectv2(
            f"{name}-placeholder-bundle",
            bucket=args.bucket_name,
            key=key,
            content_base64=base64.b64encode(args.placeholder.bundle()).decode(),
            content_type="application/zip",
            # It holds no secret, and so those who deploy it need no permission for the stack's key. Beanstalk copies
            # it to its own bucket, from which instances fetch it.
            server_side_encryption="AES256",
            tags=args.context.tags.named(f"{name}-placeholder"),
            opts=self._child,
        )
        return aws.elasticbeanstalk.ApplicationVersion(
            f"{name}-placeholder",
            name=PLACEHOLDER,
            application=self.application_name,
            description="What environments show before their first release",
            bucket=stored.bucket,
            key=stored.key,
            tags=args.context.tags.unnamed(),
            opts=self._child,
        )
