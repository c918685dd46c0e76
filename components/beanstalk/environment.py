"""A Beanstalk environment: the instances that run a release of an application."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.beanstalk.options import EnvironmentOptions
from components.beanstalk.platform import PhpPlatform
from components.shared.context import Context


@dataclass(frozen=True, kw_only=True)
class BeanstalkEnvironmentArgs:
    """The name, the platform and the options of an environment."""

    context: Context
    application_name: pulumi.Input[str]
    environment_name: str
    """The name in Beanstalk, 4 to 40 characters, which the release tool and the dashboard use."""
    platform: PhpPlatform
    options: EnvironmentOptions
    first_version: pulumi.Input[str]
    """The label of the version that it starts with."""
    after: Sequence[pulumi.Resource] = ()
    """The resources that must exist first. A component's options would not make its children wait."""


class BeanstalkEnvironment(pulumi.ComponentResource):
    """An environment. The stack manages its settings, and the release tool its version.

    ``pulumi up`` creates it with the first version, and never changes the version later.
    """

    environment_name: pulumi.Output[str]
    arn: pulumi.Output[str]
    has_additional_batch: bool
    """Whether Beanstalk starts one instance more while it deploys a release."""
    host_name: pulumi.Output[str]
    """The host name that Beanstalk gives the environment. It stays the same when the load balancer is replaced."""
    load_balancer_dns_name: pulumi.Output[str]

    def __init__(self, name: str, args: BeanstalkEnvironmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "magento:beanstalk:BeanstalkEnvironment",
            name,
            {"environment_name": args.environment_name, "instances": args.options.fleet.instances},
            opts,
        )
        self.has_additional_batch = args.options.fleet.has_additional_batch
        newest = args.platform.newest()
        environment = aws.elasticbeanstalk.Environment(
            name,
            name=args.environment_name,
            application=args.application_name,
            solution_stack_name=args.platform.pinned or newest,
            version=args.first_version,
            settings=args.options.settings(),
            # Beanstalk sets the tag Name of each environment and its instances itself ("Tagging resources").
            tags=args.context.tags.unnamed(),
            # The provider ignores custom_timeouts here. By default it gives up after 20 minutes.
            wait_for_ready_timeout=f"{args.options.longest_change_minutes}m",
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(args.after),
                # Its name is given, and Beanstalk refuses a second environment of a name. Without this,
                # `pulumi up --replace` makes the new one first.
                delete_before_replace=True,
                ignore_changes=["version", *args.platform.ignored_changes],
            ),
        )
        args.platform.warn_about(environment, newest)
        self.environment_name = environment.name
        self.arn = environment.arn
        self.host_name = environment.cname
        self.load_balancer_dns_name = environment.endpoint_url
        self.register_outputs({"environment_name": self.environment_name, "arn": self.arn})
