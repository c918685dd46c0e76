"""The clock of the maintenance hold: what the load balancer does, as a metric, whether or not a release tool lives."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.beanstalk.load_balancer import DISARMED
from components.shared.context import Context
from components.shared.iam import assumable_by, document

NAMESPACE, METRIC = "Releases", "HoldArmed"
"""1 while the rule that answers shoppers with the hold's page is armed, otherwise 0."""
EVERY_MINUTES = 5
"""A look each period of the alarm. EventBridge Scheduler is precise to a minute."""
_LATEST_SECONDS = 60
"""How late a look may be, the least that EventBridge Scheduler takes: the next one comes anyway."""
_MOST_SECONDS = 60
"""How long a look may take. An Express workflow may take five minutes ("Step Functions service quotas")."""
_HOST = "$.Rules[0].Conditions[0].HostHeaderConfig.Values[0]"


@dataclass(frozen=True, kw_only=True)
class HoldWatchArgs:
    """The load balancer, and the rule of its hold that answers everyone."""

    context: Context
    load_balancer: pulumi.Input[str]
    """Its name in CloudWatch, such as ``app/site/50dc6c495c0c9188``."""
    rule_arn: pulumi.Input[str]


class HoldWatch(pulumi.ComponentResource):
    """A schedule that asks the load balancer whether its hold is armed, and writes the answer down as a metric.

    Produces a state machine, the schedule that starts it, and a role for each. There is no program in it, so nothing
    to keep patched: Step Functions itself calls both services. A look that fails leaves the metric without data.
    """

    schedule_name: pulumi.Output[str]

    def __init__(self, name: str, args: HoldWatchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:monitoring:HoldWatch", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        may_look = self._role(
            "look",
            "states.amazonaws.com",
            {
                "Effect": "Allow",
                "Action": "elasticloadbalancing:DescribeRules",
                # Neither action has resources ("Service Authorization Reference").
                "Resource": "*",
            },
            {
                "Effect": "Allow",
                "Action": "cloudwatch:PutMetricData",
                "Resource": "*",
                "Condition": {"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
            },
        )
        machine = aws.sfn.StateMachine(
            f"{name}-look",
            # Standard workflows are billed by step, and keep each run for 90 days.
            type="EXPRESS",
            definition=pulumi.Output.all(rule_arn=args.rule_arn, load_balancer=args.load_balancer).apply(
                lambda known: definition(**known)
            ),
            role_arn=may_look.arn,
            tags=args.context.tags.named(f"{name}-look"),
            opts=self._child,
        )
        may_start = self._role(
            "start",
            "scheduler.amazonaws.com",
            {"Effect": "Allow", "Action": "states:StartExecution", "Resource": machine.arn},
        )
        schedule = aws.scheduler.Schedule(
            f"{name}-clock",
            description="Asks the load balancer whether the maintenance hold is armed",
            schedule_expression=f"rate({EVERY_MINUTES} minutes)",
            flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
            target=aws.scheduler.ScheduleTargetArgs(
                arn=machine.arn,
                role_arn=may_start.arn,
                input="{}",
                retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                    maximum_event_age_in_seconds=_LATEST_SECONDS, maximum_retry_attempts=1
                ),
            ),
            opts=self._child,
        )
        self.schedule_name = schedule.name
        self.register_outputs({"schedule_name": self.schedule_name})

    def _role(self, verb: str, service: str, *statements: dict[str, object]) -> aws.iam.Role:
        """A role that a service assumes on behalf of this account, to look or to start a look."""
        role = aws.iam.Role(
            f"{self._name}-{verb}-role",
            assume_role_policy=pulumi.Output.from_input(self._args.context.account_id).apply(
                lambda account_id: assumable_by(service, account_id=account_id)
            ),
            tags=self._args.context.tags.named(f"{self._name}-{verb}-role"),
            opts=self._child,
        )
        aws.iam.RolePolicy(
            f"{self._name}-{verb}-policy",
            role=role.name,
            policy=pulumi.Output.from_input(list(statements)).apply(lambda known: document(*known)),
            opts=self._child,
        )
        return role


def definition(*, rule_arn: str, load_balancer: str) -> str:
    """The state machine in Amazon States Language: look at the rule, then write 0 or 1.

    A disarmed rule matches one host name that does not exist. A rule that is armed matches the shop's names, or the
    path of the back office.
    """

    def write(value: int) -> dict[str, object]:
        dimensions = [{"Name": "LoadBalancer", "Value": load_balancer}]
        return {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:cloudwatch:putMetricData",
            "Parameters": {
                "Namespace": NAMESPACE,
                "MetricData": [{"MetricName": METRIC, "Dimensions": dimensions, "Value": value}],
            },
            "End": True,
        }

    return json.dumps(
        {
            "Comment": "Whether the maintenance hold is armed, as a metric",
            "StartAt": "Look",
            "TimeoutSeconds": _MOST_SECONDS,
            "States": {
                "Look": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::aws-sdk:elasticloadbalancingv2:describeRules",
                    "Parameters": {"RuleArns": [rule_arn]},
                    "Next": "Compare",
                },
                "Compare": {
                    "Type": "Choice",
                    "Choices": [
                        {
                            "And": [
                                {"Variable": _HOST, "IsPresent": True},
                                {"Variable": _HOST, "StringEquals": DISARMED},
                            ],
                            "Next": "Open",
                        }
                    ],
                    "Default": "Held",
                },
                "Open": write(0),
                "Held": write(1),
            },
        }
    )
