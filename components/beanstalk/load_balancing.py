"""The load balancer of a Beanstalk environment: one that several environments share, or its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.beanstalk.load_balancer import IDLE_TIMEOUT_SECONDS, TLS_POLICY
from components.shared.arguments import refuse

Options = Mapping[str, Mapping[str, pulumi.Input[str]]]
"""Option settings: namespace, then option name."""

_MOST_RULE_VALUES = 4


@dataclass(frozen=True, kw_only=True)
class ListenerRule:
    """The requests of a shared load balancer that an environment answers.

    Beanstalk reads it only when it creates the environment. A rule has at most five values ("Quotas for your
    Application Load Balancers"), and Beanstalk keeps one of them for the environment's own name ("Configuring a shared
    Application Load Balancer").
    """

    name: str
    host_names: tuple[str, ...]
    path_patterns: tuple[str, ...]
    priority: int

    def __post_init__(self) -> None:
        values = len(self.host_names) + len(self.path_patterns)
        if values > _MOST_RULE_VALUES:
            expected = f"at most {_MOST_RULE_VALUES} host names and path patterns together"
            refuse(f"listener rule {self.name}", got=values, expected=expected)


@dataclass(frozen=True, kw_only=True)
class BehindSharedLoadBalancer:
    """A load balancer of the stack. The environment only adds a rule to its HTTPS listener.

    Later, Beanstalk can neither change the rule nor move the environment to another load balancer.
    """

    arn: pulumi.Input[str]
    security_group_id: pulumi.Input[str]
    rule: ListenerRule

    def options(self) -> Options:
        """The option settings of this kind of load balancing."""
        return {
            "aws:elasticbeanstalk:environment": {"LoadBalancerType": "application", "LoadBalancerIsShared": "true"},
            "aws:elbv2:loadbalancer": {"SharedLoadBalancer": self.arn, "SecurityGroups": self.security_group_id},
            "aws:elbv2:listener:443": {"Rules": self.rule.name},
            f"aws:elbv2:listenerrule:{self.rule.name}": {
                "HostHeaders": ",".join(self.rule.host_names),
                "PathPatterns": ",".join(self.rule.path_patterns),
                "Priority": str(self.rule.priority),
                "Process": "default",
            },
        }


@dataclass(frozen=True, kw_only=True)
class BehindOwnLoadBalancer:
    """A load balancer that Beanstalk makes for this environment only. It serves HTTP on port 80."""

    security_group_id: pulumi.Input[str]
    certificate_arn: pulumi.Input[str] | None = None
    """The certificate with which it serves HTTPS too."""

    def options(self) -> Options:
        """The option settings of this kind of load balancing."""
        http = {"ListenerEnabled": "true", "Protocol": "HTTP"}
        return {
            "aws:elasticbeanstalk:environment": {"LoadBalancerType": "application", "LoadBalancerIsShared": "false"},
            # Without the second option, Beanstalk adds a security group that it makes ("aws:elbv2:loadbalancer").
            "aws:elbv2:loadbalancer": {
                "SecurityGroups": self.security_group_id,
                "ManagedSecurityGroup": self.security_group_id,
                "IdleTimeout": str(IDLE_TIMEOUT_SECONDS),
            },
            "aws:elbv2:listener:default": http,
            **({} if self.certificate_arn is None else {"aws:elbv2:listener:443": self._https(self.certificate_arn)}),
        }

    @staticmethod
    def _https(certificate_arn: pulumi.Input[str]) -> Mapping[str, pulumi.Input[str]]:
        return {
            "ListenerEnabled": "true",
            "Protocol": "HTTPS",
            "SSLCertificateArns": certificate_arn,
            "SSLPolicy": TLS_POLICY,
        }
