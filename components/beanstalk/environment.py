"""A Beanstalk environment: instances that run one application's release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.beanstalk.options import EnvironmentOptions
from components.shared.context import Context


@dataclass(frozen=True, kw_only=True)
class BeanstalkEnvironmentArgs:
    """``environment_name`` is physical (4 to 40 characters): the release tool and the dashboard name it. ``after`` is
    what must be there first, since options on a component do not make its children wait."""

    context: Context
    application_name: pulumi.Input[str]
    environment_name: str
    solution_stack: str
    options: EnvironmentOptions
    after: Sequence[pulumi.Resource] = ()


class BeanstalkEnvironment(pulumi.ComponentResource):
    """An environment whose settings are the stack's and whose version is the release tool's.

    It is made with Beanstalk's sample application; what runs afterwards was released, and an ``up`` leaves it alone.
    """

    environment_name: pulumi.Output[str]
    arn: pulumi.Output[str]
    autoscaling_group_name: pulumi.Output[str]
    host_name: pulumi.Output[str]
    """Beanstalk's own name for it, which outlives its load balancer."""
    load_balancer_dns_name: pulumi.Output[str]

    def __init__(self, name: str, args: BeanstalkEnvironmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "magento:beanstalk:BeanstalkEnvironment",
            name,
            {"environment_name": args.environment_name, "instances": args.options.fleet.instances},
            opts,
        )
        environment = aws.elasticbeanstalk.Environment(
            name,
            name=args.environment_name,
            application=args.application_name,
            solution_stack_name=args.solution_stack,
            settings=args.options.settings(),
            # Beanstalk gives each environment and its instances a Name of its own ("Tagging resources").
            tags=args.context.tags.unnamed(),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(args.after),
                ignore_changes=["version"],
                custom_timeouts=pulumi.CustomTimeouts(create="60m", update="120m"),
            ),
        )
        self.environment_name = environment.name
        self.arn = environment.arn
        self.host_name = environment.cname
        self.load_balancer_dns_name = environment.endpoint_url
        self.autoscaling_group_name = environment.autoscaling_groups.apply(lambda groups: groups[0] if groups else "")
        self.register_outputs({"environment_name": self.environment_name, "arn": self.arn})
