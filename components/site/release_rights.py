"""What ``./shop release`` may do with AWS: one IAM statement for each thing that it changes or reads, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from components.shared.iam import allow

Statement = Mapping[str, object]

READ_ENVIRONMENTS = (
    "elasticbeanstalk:DescribeConfigurationSettings",
    "elasticbeanstalk:DescribeEnvironmentResources",
    "elasticbeanstalk:DescribeEnvironments",
    "elasticbeanstalk:DescribeEvents",
    "elasticbeanstalk:DescribeInstancesHealth",
    "elasticbeanstalk:RequestEnvironmentInfo",
    "elasticbeanstalk:RetrieveEnvironmentInfo",
)
CHANGE_ENVIRONMENTS = ("elasticbeanstalk:UpdateEnvironment",)
MAKE_VERSIONS = ("elasticbeanstalk:CreateApplicationVersion", "elasticbeanstalk:DescribeApplicationVersions")
LOOK = (
    "cloudwatch:DescribeAlarms",
    "ec2:DescribeInstances",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeTags",
    "secretsmanager:ListSecrets",
    "ssm:GetCommandInvocation",
)
"""What AWS cannot limit to a resource ("Service Authorization Reference")."""
WRITTEN = ("bundles/*", "lock.json", "plans/*", "releases/*", "satellites/*")
"""What the tool writes below a site's prefix of the bucket for releases. Facts come from an instance."""

_ENVIRONMENTS_BUCKET = (
    "s3:CreateBucket",
    "s3:DeleteObject",
    "s3:GetBucketLocation",
    "s3:GetBucketPolicy",
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3:ListBucket",
    "s3:PutObject",
    "s3:PutObjectAcl",
)
_OF_BEANSTALK_ON_ALL = (
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeLaunchConfigurations",
    "autoscaling:DescribeScalingActivities",
    "ec2:DescribeImages",
    "ec2:DescribeKeyPairs",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:DescribeLaunchTemplates",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
)
_STACKS = (
    "cloudformation:CancelUpdateStack",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResource",
    "cloudformation:DescribeStackResources",
    "cloudformation:DescribeStacks",
    "cloudformation:GetTemplate",
    "cloudformation:ListStackResources",
    "cloudformation:UpdateStack",
)
_GROUPS = ("autoscaling:ResumeProcesses", "autoscaling:SuspendProcesses")
_GROW = ("autoscaling:TerminateInstanceInAutoScalingGroup", "autoscaling:UpdateAutoScalingGroup")
_TARGETS = ("elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets")


@dataclass(frozen=True, kw_only=True)
class ReleaseRights:
    """What of a stack the tool works on, by the names in AWS."""

    region: str
    account_id: str
    client: str
    environment: str
    bucket: str
    """The bucket for releases."""
    configuration_bucket: str
    """The bucket with the placeholders, which environments run before their first release."""
    prefix: str
    """What the keys of this site begin with in the bucket for releases, without a slash at its end."""
    keys: tuple[str, ...]
    """The ARNs of the KMS keys of that bucket and of the stack's secrets."""
    documents: tuple[str, ...]
    """The names of the SSM documents."""
    environments: tuple[str, ...]
    """The ARNs of the Beanstalk environments: ``arn:aws:elasticbeanstalk:…:environment/<application>/<name>``."""
    databases: tuple[str, ...]
    """The identifiers."""
    hold_rules: tuple[str, ...]
    """The ARNs of the listener rules of the hold."""
    alarm_topic: str = ""
    """The ARN of the topic of the stack's alarms. Empty without one."""
    has_additional_batch: bool = False
    """Whether Beanstalk starts a second instance of the back office while it deploys to it."""

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What the tool's own calls need, and what Elastic Beanstalk does for it."""
        return (*self.of_the_tool, *self.of_beanstalk)

    @property
    def of_the_tool(self) -> tuple[Statement, ...]:
        """The rights that the tool's own calls need. A test holds each call against them."""
        bucket = f"arn:aws:s3:::{self.bucket}"
        of_the_stack = {"Client": self.client, "Environment": self.environment}
        return (
            # Not for its prefix alone: without this right for the bucket, S3 answers 403 and not 404 for a key that is
            # not there ("GetObject"), and such a request has no prefix that a condition could ask for.
            allow(("s3:ListBucket",), bucket),
            allow(
                ("s3:GetObject",),
                f"{bucket}/{self.prefix}/*",
                f"arn:aws:s3:::{self.configuration_bucket}/{self.environment}/placeholders/*",
            ),
            allow(("s3:PutObject",), *(f"{bucket}/{self.prefix}/{each}" for each in WRITTEN)),
            allow(("s3:AbortMultipartUpload",), f"{bucket}/{self.prefix}/bundles/*"),
            allow(("kms:Decrypt", "kms:GenerateDataKey"), *self.keys),
            allow((*READ_ENVIRONMENTS, *CHANGE_ENVIRONMENTS), *self.environments),
            allow(
                MAKE_VERSIONS,
                *(self._beanstalk(f"application/{each}") for each in self._applications),
                *(self._beanstalk(f"applicationversion/{each}/*") for each in self._applications),
            ),
            allow(("ssm:SendCommand",), *(self._arn("ssm", f"document/{each}") for each in self.documents)),
            {
                **allow(("ssm:SendCommand",), self._arn("ec2", "instance/*")),
                "Condition": {
                    "StringEquals": {f"ssm:resourceTag/{name}": value for name, value in of_the_stack.items()},
                    # Beanstalk's instances have this tag. The servers that hold keys and data do not.
                    "Null": {"ssm:resourceTag/elasticbeanstalk:environment-name": "false"},
                },
            },
            allow(("rds:DescribeDBInstances",), *(self._arn("rds", f"db:{each}") for each in self.databases)),
            allow(
                ("rds:AddTagsToResource", "rds:CreateDBSnapshot", "rds:DescribeDBSnapshots"),
                *(self._arn("rds", f"snapshot:{each}-before-*") for each in self.databases),
            ),
            allow(("rds:CreateDBSnapshot",), *(self._arn("rds", f"db:{each}") for each in self.databases)),
            allow(("elasticloadbalancing:ModifyRule",), *self.hold_rules),
            {
                # All of the stack's: their values are taken out of what is printed and written.
                **allow(
                    ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"),
                    self._arn("secretsmanager", "secret:*"),
                ),
                "Condition": {
                    "StringEquals": {f"secretsmanager:ResourceTag/{name}": tag for name, tag in of_the_stack.items()}
                },
            },
            *([allow(("sns:Publish",), self.alarm_topic)] if self.alarm_topic else []),
            allow(LOOK, "*"),
        )

    @property
    def of_beanstalk(self) -> tuple[Statement, ...]:
        """What Elastic Beanstalk does with the rights of whoever calls it ("Elastic Beanstalk user policy").

        AWS has no list of what a deployment needs. These are the actions that deployers with few rights were refused
        (aws-toolkit-azure-devops #124, aws-beanstalk-publisher-plugin #47, codeship/documentation #338), on what
        Beanstalk has made. Beanstalk's own names begin with ``awseb-``.
        """
        own = f"arn:aws:s3:::elasticbeanstalk-{self.region}-{self.account_id}"
        of_groups = (*_GROUPS, *_GROW) if self.has_additional_batch else _GROUPS
        return (
            allow(_ENVIRONMENTS_BUCKET, own, f"{own}/*"),
            allow(_STACKS, self._arn("cloudformation", "stack/awseb-*")),
            allow(of_groups, self._arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/awseb-*")),
            allow(_TARGETS, self._arn("elasticloadbalancing", "targetgroup/awseb-*")),
            allow(_OF_BEANSTALK_ON_ALL, "*"),
        )

    @property
    def _applications(self) -> list[str]:
        return sorted({arn.split("/")[1] for arn in self.environments})

    def _beanstalk(self, resource: str) -> str:
        return self._arn("elasticbeanstalk", resource)

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"
