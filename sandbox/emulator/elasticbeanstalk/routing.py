"""How requests reach an environment: one target group per process, and its own or a shared load balancer."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError
from moto.elbv2.models import elbv2_backends

from sandbox.emulator.elasticbeanstalk.configuration import LOAD_BALANCER, VPC, Configuration
from sandbox.emulator.elasticbeanstalk.exceptions import ConfigurationValidationError
from sandbox.emulator.elasticbeanstalk.names import random_text, resource_name, stack_name, tag_dict, tag_list
from sandbox.emulator.elasticbeanstalk.options import listener_namespace, process_namespace, rule_namespace
from sandbox.emulator.elbv2.targets import draining, seen
from sandbox.emulator.fleet.registration import FLEET
from sandbox.emulator.in_process import client

# Beanstalk counts the environments of a shared load balancer in this tag.
SHARING_TAG = "elasticbeanstalk:shared-elb-environment-count"
# Only Beanstalk's listener rules have this tag.
_RULE_TAG = "elasticbeanstalk:environment-id"
# Elastic Load Balancing's limit of values in the conditions of a rule.
_CONDITION_VALUES = 5


class Routing:
    """The target groups of an environment, and the load balancer, listeners and rules that lead to them."""

    def __init__(self, *, region: str, account: str, environment_id: str, vpc_id: str) -> None:
        self._region = region
        self._account = account
        self._stack = stack_name(environment_id)
        self._vpc_id = vpc_id
        self.target_groups: dict[str, str] = {}  # process name to ARN
        self.rule_arns: list[str] = []
        self.load_balancer_arn: str | None = None
        self.dns_name: str | None = None
        self.shared = False
        self._own_security_group: str | None = None

    def _client(self, service: str = "elbv2") -> Any:
        return client(service, self._region, self._account)

    def create(self, configuration: Configuration, tags: Mapping[str, str], subnets: list[str], cname: str) -> None:
        """Create all of it. ``subnets`` are those of the instances."""
        self._create_load_balancer(configuration, tags, subnets)
        self._create_target_groups(configuration, tags)
        self._create_rules(configuration, tags, cname)

    def _create_load_balancer(self, configuration: Configuration, tags: Mapping[str, str], subnets: list[str]) -> None:
        """Create a load balancer, or use the shared one."""
        elbv2 = self._client()
        self.shared = configuration.shares_load_balancer()
        if self.shared:
            self.load_balancer_arn = configuration.text(LOAD_BALANCER, "SharedLoadBalancer")
            self._count_sharing(+1)
        else:
            groups = configuration.items(LOAD_BALANCER, "SecurityGroups") or [
                self._create_security_group(configuration, tags)
            ]
            self.load_balancer_arn = elbv2.create_load_balancer(
                Name=f"awseb--{random_text(20)}",
                Type="application",
                Subnets=configuration.items(VPC, "ELBSubnets") or subnets,
                SecurityGroups=groups,
                Scheme="internal" if configuration.value(VPC, "ELBScheme") == "internal" else "internet-facing",
                Tags=tag_list(tags),
            )["LoadBalancers"][0]["LoadBalancerArn"]
            attributes = _load_balancer_attributes(configuration)
            elbv2.modify_load_balancer_attributes(LoadBalancerArn=self.load_balancer_arn, Attributes=attributes)
        self.dns_name = self._load_balancer()["DNSName"]

    def _create_target_groups(self, configuration: Configuration, tags: Mapping[str, str]) -> None:
        for process in configuration.processes():
            created = self._client().create_target_group(
                Name=f"awseb-AWSEB-{random_text(13)}".upper()[:32],
                VpcId=self._vpc_id,
                TargetType="instance",
                Port=configuration.integer(process_namespace(process), "Port"),
                Protocol=configuration.text(process_namespace(process), "Protocol"),
                **_health_check(configuration, process),
                Tags=tag_list(tags),
            )
            self.target_groups[process] = created["TargetGroups"][0]["TargetGroupArn"]
            self._set_attributes(configuration, process)

    def _create_rules(self, configuration: Configuration, tags: Mapping[str, str], cname: str) -> None:
        """Create the listeners of an own load balancer, or the rules on a shared one."""
        ports = configuration.names_in(listener_namespace(""))
        if self.shared:
            wanted = {port: configuration.items(listener_namespace(port), "Rules") for port in ports}
            for port, rules in wanted.items():
                self._append_rules(configuration, tags, cname, self._listener_arn(port), rules)
            if not any(wanted.values()) and (listener := self._find_listener(80)):
                self._append_rules(configuration, tags, cname, listener, ["default"])
        else:
            for port in sorted({"default", *ports}):
                if configuration.flag(listener_namespace(port), "ListenerEnabled"):
                    self._create_listener(configuration, tags, cname, port)

    def _count_sharing(self, change: int) -> None:
        """Update the number of environments in the tag of a shared load balancer."""
        if not self.shared or self.load_balancer_arn is None:
            return
        with contextlib.suppress(ClientError):  # it may have been deleted before its environments
            count = change + int(self._tags_of(self.load_balancer_arn).get(SHARING_TAG, "0"))
            if count > 0:
                self._client().add_tags(ResourceArns=[self.load_balancer_arn], Tags=tag_list({SHARING_TAG: str(count)}))
            else:
                self._client().remove_tags(ResourceArns=[self.load_balancer_arn], TagKeys=[SHARING_TAG])

    def update_processes(self, configuration: Configuration) -> None:
        """Apply changed settings of the processes. A shared load balancer allows that too."""
        for process, arn in self.target_groups.items():
            self._client().modify_target_group(TargetGroupArn=arn, **_health_check(configuration, process))
            self._set_attributes(configuration, process)

    def register(self, instance_ids: Iterable[str]) -> None:
        targets = [{"Id": instance_id} for instance_id in instance_ids]
        for arn in self.target_groups.values():
            self._client().register_targets(TargetGroupArn=arn, Targets=targets)

    def deregister(self, instance_ids: Iterable[str]) -> None:
        """Deregister those of the instances that are registered."""
        for group in self._groups().values():
            if targets := [{"Id": instance_id} for instance_id in instance_ids if instance_id in group.targets]:
                self._client().deregister_targets(TargetGroupArn=group.arn, Targets=targets)

    def health_checks(self, instance_id: str) -> dict[str, dict[str, Any]]:
        """What the fleet's load balancer saw of an instance, by process; empty without a fleet, or out of service."""
        if not FLEET.is_registered:
            return {}
        groups = self._groups().items()
        return {process: seen(group, instance_id) for process, group in groups if instance_id in group.targets}

    def is_draining(self, instance_id: str) -> bool:
        return any(target["Id"] == instance_id for group in self._groups().values() for target in draining(group))

    def _groups(self) -> dict[str, Any]:
        """moto's target groups by process: read without a request, so at no cost."""
        known = elbv2_backends[self._account][self._region].target_groups
        return {process: known[arn] for process, arn in self.target_groups.items() if arn in known}

    def retag(self, tags: Mapping[str, str], removed: list[str]) -> None:
        made = [*self.target_groups.values(), *self.rule_arns]
        if self.load_balancer_arn and not self.shared:
            made.append(self.load_balancer_arn)
        if made:
            self._client().add_tags(ResourceArns=made, Tags=tag_list(tags))
            if removed:
                self._client().remove_tags(ResourceArns=made, TagKeys=removed)

    def security_groups(self, configuration: Configuration) -> list[str]:
        """The security groups of the load balancer."""
        if self.load_balancer_arn is None:
            return []
        return configuration.items(LOAD_BALANCER, "SecurityGroups") or self._load_balancer().get("SecurityGroups", [])

    def delete(self) -> None:
        """Delete what was created. A shared load balancer stays, with its listeners and the rules of others."""
        elbv2 = self._client()
        for rule in self.rule_arns:
            with contextlib.suppress(ClientError):
                elbv2.delete_rule(RuleArn=rule)
        if self.load_balancer_arn and not self.shared:
            with contextlib.suppress(ClientError):
                for listener in elbv2.describe_listeners(LoadBalancerArn=self.load_balancer_arn)["Listeners"]:
                    elbv2.delete_listener(ListenerArn=listener["ListenerArn"])
                elbv2.delete_load_balancer(LoadBalancerArn=self.load_balancer_arn)
        for arn in self.target_groups.values():
            with contextlib.suppress(ClientError):
                elbv2.delete_target_group(TargetGroupArn=arn)
        if self._own_security_group:
            with contextlib.suppress(ClientError):
                self._client("ec2").delete_security_group(GroupId=self._own_security_group)
        self._count_sharing(-1)
        self.target_groups, self.rule_arns = {}, []
        self.load_balancer_arn = self.dns_name = self._own_security_group = None

    def _load_balancer(self) -> dict[str, Any]:
        described = self._client().describe_load_balancers(LoadBalancerArns=[self.load_balancer_arn])
        found: list[dict[str, Any]] = described["LoadBalancers"]
        return found[0]

    def _create_security_group(self, configuration: Configuration, tags: Mapping[str, str]) -> str:
        ec2 = self._client("ec2")
        self._own_security_group = group = str(
            ec2.create_security_group(
                GroupName=resource_name(self._stack, "AWSEBLoadBalancerSecurityGroup"),
                Description="Elastic Beanstalk created security group used when no ELB security groups are specified",
                VpcId=self._vpc_id,
                TagSpecifications=[{"ResourceType": "security-group", "Tags": tag_list(tags)}],
            )["GroupId"]
        )
        anywhere = [{"CidrIp": "0.0.0.0/0"}]
        ports = {80, *(_port(name) for name in configuration.names_in(listener_namespace("")))}
        ec2.authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[
                {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": anywhere} for port in sorted(ports)
            ],
        )
        return group

    def _find_listener(self, port: int) -> str | None:
        listeners = self._client().describe_listeners(LoadBalancerArn=self.load_balancer_arn)["Listeners"]
        return next((str(listener["ListenerArn"]) for listener in listeners if listener["Port"] == port), None)

    def _listener_arn(self, name: str) -> str:
        port = _port(name)
        listener = self._find_listener(port)
        if listener is None:
            raise ConfigurationValidationError(
                f"The load balancer {self.load_balancer_arn} has no listener on port {port}."
            )
        return listener

    def _create_listener(self, configuration: Configuration, tags: Mapping[str, str], cname: str, port: str) -> None:
        namespace = listener_namespace(port)
        secure = {
            "SslPolicy": configuration.given(namespace, "SSLPolicy"),
            "Certificates": [{"CertificateArn": arn} for arn in configuration.items(namespace, "SSLCertificateArns")],
        }
        listener = self._client().create_listener(
            LoadBalancerArn=self.load_balancer_arn,
            Port=_port(port),
            Protocol=configuration.text(namespace, "Protocol"),
            DefaultActions=[self._forward(configuration.text(namespace, "DefaultProcess"))],
            **{name: value for name, value in secure.items() if value},
        )["Listeners"][0]["ListenerArn"]
        self._append_rules(configuration, tags, cname, listener, configuration.items(namespace, "Rules"))

    def _append_rules(
        self, configuration: Configuration, tags: Mapping[str, str], cname: str, listener: str, names: list[str]
    ) -> None:
        """Add rules to a listener, by their relative priorities.

        They get the free priorities after the last rule of Beanstalk, so after those of earlier environments. Rules
        that Beanstalk did not create keep their priorities.
        """
        elbv2 = self._client()
        rules = elbv2.describe_rules(ListenerArn=listener)["Rules"]
        taken = {int(rule["Priority"]): rule["RuleArn"] for rule in rules if not rule["IsDefault"]}
        priority = max((number for number, arn in taken.items() if _RULE_TAG in self._tags_of(arn)), default=0)
        for name in sorted(names, key=lambda rule: configuration.integer(rule_namespace(rule), "Priority")):
            priority = next(n for n in range(priority + 1, 50_001) if n not in taken)
            namespace = rule_namespace(name)
            created = elbv2.create_rule(
                ListenerArn=listener,
                Priority=priority,
                Conditions=_conditions(
                    # On a shared listener, a rule without a host matches the CNAME of the environment.
                    hosts=configuration.items(namespace, "HostHeaders") or ([cname] if self.shared else []),
                    paths=configuration.items(namespace, "PathPatterns"),
                ),
                Actions=[self._forward(configuration.text(namespace, "Process"))],
                Tags=tag_list(tags),
            )
            self.rule_arns.append(created["Rules"][0]["RuleArn"])

    def _tags_of(self, arn: str) -> dict[str, str]:
        return tag_dict(self._client().describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"])

    def _forward(self, process: str) -> dict[str, str]:
        if process not in self.target_groups:
            raise ConfigurationValidationError(f"The process '{process}' of a listener or rule is not configured.")
        return {"Type": "forward", "TargetGroupArn": self.target_groups[process]}

    def _set_attributes(self, configuration: Configuration, process: str) -> None:
        namespace = process_namespace(process)
        attributes = {
            "deregistration_delay.timeout_seconds": configuration.text(namespace, "DeregistrationDelay"),
            "stickiness.enabled": configuration.text(namespace, "StickinessEnabled"),
            "stickiness.type": configuration.text(namespace, "StickinessType"),
            "stickiness.lb_cookie.duration_seconds": configuration.text(namespace, "StickinessLBCookieDuration"),
        }
        self._client().modify_target_group_attributes(
            TargetGroupArn=self.target_groups[process], Attributes=tag_list(attributes)
        )


def _port(listener: str) -> int:
    """The port of a listener: its name, or 80 for the default listener."""
    if listener == "default":
        return 80
    if not listener.isdigit():
        raise ConfigurationValidationError(f"'{listener}' is not a port of a listener.")
    return int(listener)


def _health_check(configuration: Configuration, process: str) -> dict[str, Any]:
    namespace = process_namespace(process)
    return {
        "HealthCheckPath": configuration.text(namespace, "HealthCheckPath"),
        "HealthCheckIntervalSeconds": configuration.integer(namespace, "HealthCheckInterval"),
        "HealthCheckTimeoutSeconds": configuration.integer(namespace, "HealthCheckTimeout"),
        "HealthyThresholdCount": configuration.integer(namespace, "HealthyThresholdCount"),
        "UnhealthyThresholdCount": configuration.integer(namespace, "UnhealthyThresholdCount"),
        "Matcher": {"HttpCode": configuration.value(namespace, "MatcherHTTPCode") or "200"},
    }


def _conditions(*, hosts: list[str], paths: list[str]) -> list[dict[str, Any]]:
    if len(hosts) + len(paths) > _CONDITION_VALUES:
        raise ConfigurationValidationError(f"A rule takes at most {_CONDITION_VALUES} host and path values in all.")
    fields = {"host-header": ("HostHeaderConfig", hosts), "path-pattern": ("PathPatternConfig", paths)}
    return [{"Field": field, member: {"Values": values}} for field, (member, values) in fields.items() if values]


def _load_balancer_attributes(configuration: Configuration) -> list[dict[str, str]]:
    attributes = {"idle_timeout.timeout_seconds": configuration.given(LOAD_BALANCER, "IdleTimeout") or "60"}
    if configuration.flag(LOAD_BALANCER, "AccessLogsS3Enabled"):
        attributes |= {
            "access_logs.s3.enabled": "true",
            "access_logs.s3.bucket": configuration.text(LOAD_BALANCER, "AccessLogsS3Bucket"),
            "access_logs.s3.prefix": configuration.text(LOAD_BALANCER, "AccessLogsS3Prefix"),
        }
    return tag_list(attributes)
