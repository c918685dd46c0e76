"""The Beanstalk application of a site or a satellite."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.shared.context import Context
from components.shared.iam import assumable_by

_SERVICE_POLICIES = {
    "health": "arn:aws:iam::aws:policy/service-role/AWSElasticBeanstalkEnhancedHealth",
    "updates": "arn:aws:iam::aws:policy/AWSElasticBeanstalkManagedUpdatesCustomerRolePolicy",
}


@dataclass(frozen=True, kw_only=True)
class BeanstalkApplicationArgs:
    """The name of the application, and how many releases it keeps."""

    context: Context
    application_name: str
    """The name under which the release tool and people find it."""
    description: str
    kept_versions: int = 100
    """How many versions are kept. Beanstalk takes at most 1000 in a region ("Service quotas")."""


class BeanstalkApplication(pulumi.ComponentResource):
    """The application, and the service role with which Beanstalk monitors its environments."""

    application_name: pulumi.Output[str]
    service_role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: BeanstalkApplicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "magento:beanstalk:BeanstalkApplication", name, {"application_name": args.application_name}, opts
        )
        child = pulumi.ResourceOptions(parent=self)
        tags = args.context.tags.named(name)
        role = aws.iam.Role(
            f"{name}-service-role",
            assume_role_policy=assumable_by("elasticbeanstalk.amazonaws.com"),
            tags=tags,
            opts=child,
        )
        attached = [
            aws.iam.RolePolicyAttachment(f"{name}-service-{label}", role=role.name, policy_arn=arn, opts=child)
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
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=attached),
        )
        self.application_name = application.name
        self.service_role_arn = role.arn
        self.register_outputs({"application_name": self.application_name})
