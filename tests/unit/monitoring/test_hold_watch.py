"""The clock of the maintenance hold: its state machine runs, on a load balancer and a CloudWatch of moto's."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pulumi_aws as aws
import pytest
from moto import mock_aws
from moto.core.config import default_user_config
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService

from components.beanstalk import load_balancer
from components.monitoring.hold_watch import EVERY_MINUTES, METRIC, NAMESPACE, definition
from components.shared.iam import assumable_by
from release.hold import DISARMED, RULES, Hold, HoldArgs, Scope
from settings.monitoring import ThresholdSettings
from tests.unit.graph import Graph
from tests.unit.program import program

REGION = "eu-west-3"
SHOP = "client.url"
BALANCER = "app/site/50dc6c495c0c9188"


@pytest.fixture(scope="module")
def prod() -> Graph:
    return program("prod")


def role(graph: Graph, verb: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The trust of a role of the watch, and what it may do."""
    trust = graph.one(aws.iam.Role, name=f"monitoring-hold-{verb}-role").inputs["assumeRolePolicy"]
    policy = graph.one(aws.iam.RolePolicy, name=f"monitoring-hold-{verb}-policy").inputs["policy"]
    return json.loads(trust)["Statement"][0], json.loads(policy)["Statement"]


@pytest.mark.row(21)
def test_the_schedule_starts_a_look_for_each_period_of_the_alarm(prod: Graph) -> None:
    schedule, machine = prod.one(aws.scheduler.Schedule).inputs, prod.one(aws.sfn.StateMachine)
    assert schedule["scheduleExpression"] == "rate(5 minutes)"
    assert schedule["flexibleTimeWindow"] == {"mode": "OFF"}
    assert "state" not in schedule
    assert schedule["target"]["arn"] == machine.outputs["arn"]
    assert machine.inputs["type"] == "EXPRESS"
    assert ThresholdSettings().hold_minutes % EVERY_MINUTES == 0


def test_each_role_may_do_one_thing(prod: Graph) -> None:
    """And only for this account: a schedule of another account must not borrow it."""
    trust, [starts] = role(prod, "start")
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"]["StringEquals"].keys() == {"aws:SourceAccount"}
    assert starts["Action"] == "states:StartExecution"
    assert starts["Resource"] == prod.one(aws.sfn.StateMachine).outputs["arn"]
    trust, [looks, writes] = role(prod, "look")
    assert trust["Principal"] == {"Service": "states.amazonaws.com"}
    assert looks["Action"] == "elasticloadbalancing:DescribeRules"
    assert writes["Action"] == "cloudwatch:PutMetricData"
    assert writes["Condition"] == {"StringEquals": {"cloudwatch:namespace": NAMESPACE}}


def test_the_watch_looks_at_the_rule_that_answers_everyone(prod: Graph) -> None:
    looked_at = json.loads(prod.one(aws.sfn.StateMachine).inputs["definition"])["States"]["Look"]["Parameters"]
    rule = prod.one(aws.lb.ListenerRule, name="site-load-balancer-hold-everyone-else")
    assert looked_at == {"RuleArns": [rule.outputs["arn"]]}


def test_the_watch_and_the_tool_mean_the_same_by_disarmed() -> None:
    assert load_balancer.DISARMED == DISARMED


class Balancer:
    """A load balancer with the three rules of the hold, and the state machine that looks at it."""

    def __init__(self) -> None:
        ec2, self.elbv2 = boto3.client("ec2", REGION), boto3.client("elbv2", REGION)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")
            for number, zone in enumerate("ab")
        ]
        made = self.elbv2.create_load_balancer(
            Name="site", Scheme="internal", Subnets=[each["Subnet"]["SubnetId"] for each in subnets]
        )
        group = self.elbv2.create_target_group(Name="front", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]
        self.listener = self.elbv2.create_listener(
            LoadBalancerArn=made["LoadBalancers"][0]["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}],
        )["Listeners"][0]["ListenerArn"]
        rules = {name: self._rule(number) for number, name in enumerate(RULES, start=1)}
        forward = {"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}
        for number, tier in enumerate(("front", "back-office"), start=20):
            self._rule(number, forward, tier)
        self.rule = rules["everyone-else"]
        trust = assumable_by("states.amazonaws.com")
        self.role = boto3.client("iam").create_role(RoleName="look", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        self.hold = Hold(
            elbv2=self.elbv2,
            args=HoldArgs(
                rules=rules,
                host_names=(SHOP,),
                back_office_path="backend",
                front_environment="front",
                back_office_environment="back-office",
            ),
        )

    def _rule(self, priority: int, action: dict[str, Any] | None = None, environment: str = "") -> str:
        page = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
        made = self.elbv2.create_rule(
            ListenerArn=self.listener,
            Priority=priority,
            Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": [DISARMED]}}],
            Actions=[action or page],
            Tags=[{"Key": "elasticbeanstalk:environment-name", "Value": environment}],
        )
        return str(made["Rules"][0]["RuleArn"])

    def look(self) -> tuple[str, list[float]]:
        """Run the state machine. Its end, and what the metric has got since the last look."""
        steps = boto3.client("stepfunctions", REGION)
        machine = steps.create_state_machine(
            name=f"look-{time.monotonic_ns()}",
            definition=definition(rule_arn=self.rule, load_balancer=BALANCER),
            roleArn=self.role,
        )["stateMachineArn"]
        run = steps.start_execution(stateMachineArn=machine)["executionArn"]
        deadline = time.monotonic() + 30
        while (status := steps.describe_execution(executionArn=run)["status"]) == "RUNNING":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return status, self._values()

    @staticmethod
    def _values() -> list[float]:
        now = datetime.now(UTC)
        found = boto3.client("cloudwatch", REGION).get_metric_statistics(
            Namespace=NAMESPACE,
            MetricName=METRIC,
            Dimensions=[{"Name": "LoadBalancer", "Value": BALANCER}],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=5),
            Period=3600,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        return [sum(each["Sum"] for each in found), sum(each["SampleCount"] for each in found)]


@pytest.fixture
def balancer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Balancer]:
    monkeypatch.setitem(default_user_config, "stepfunctions", {"execute_state_machine": True})
    # moto does not know this one of Step Functions' names ("Supported AWS SDK integrations").
    names = StateTaskService._SERVICE_NAME_SFN_TO_BOTO_OVERRIDES
    monkeypatch.setitem(names, "elasticloadbalancingv2", "elbv2")
    with mock_aws():
        yield Balancer()


@pytest.mark.row(21)
def test_a_look_writes_what_the_load_balancer_does(balancer: Balancer) -> None:
    """0 while the shop is open, 1 while anything of it is held, and nothing if the look fails: a metric without data
    sounds the alarm. The tool itself arms the rules here."""
    assert balancer.look() == ("SUCCEEDED", [0, 1])
    balancer.hold.arm(Scope.SITE)
    assert balancer.look() == ("SUCCEEDED", [1, 2])
    balancer.hold.arm(Scope.BACK_OFFICE)
    assert balancer.look() == ("SUCCEEDED", [2, 3])
    balancer.hold.disarm()
    assert balancer.look() == ("SUCCEEDED", [2, 4])
    balancer.elbv2.delete_rule(RuleArn=balancer.rule)
    assert balancer.look() == ("FAILED", [2, 4])
