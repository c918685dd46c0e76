"""How requests reach a Beanstalk environment: through a load balancer that several share, or through one of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.beanstalk.load_balancer import TLS_POLICY
from settings.messages import refuse

Options = Mapping[str, Mapping[str, pulumi.Input[str]]]
"""Option settings: namespace, then option name."""

_MOST_RULE_VALUES = 5


@dataclass(frozen=True, kw_only=True)
class ListenerRule:
    """Which requests of a shared load balancer an environment answers. Beanstalk reads it once, when the environment is
    made: a rule holds at most five values ("Quotas for your Application Load Balancers")."""

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
    """A load balancer that the stack made, where the environment only adds a rule to the HTTPS listener. Beanstalk
    cannot move an environment to another load balancer later, nor change the rule."""

    arn: pulumi.Input[str]
    security_group_id: pulumi.Input[str]
    rule: ListenerRule

    def options(self) -> Options:
        """What tells Beanstalk so."""
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
    """A load balancer that Beanstalk makes for this environment alone: HTTP on port 80, and HTTPS beside it when
    ``certificate_arn`` says with which certificate."""

    security_group_id: pulumi.Input[str]
    certificate_arn: pulumi.Input[str] | None = None

    def options(self) -> Options:
        """What tells Beanstalk so."""
        http = {"ListenerEnabled": "true", "Protocol": "HTTP"}
        return {
            "aws:elasticbeanstalk:environment": {"LoadBalancerType": "application", "LoadBalancerIsShared": "false"},
            # Named twice, or Beanstalk adds a group of its own making to the load balancer ("aws:elbv2:loadbalancer").
            "aws:elbv2:loadbalancer": {
                "SecurityGroups": self.security_group_id,
                "ManagedSecurityGroup": self.security_group_id,
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
