"""The load balancer that a site's environments share."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.network.firewall import Firewall, FirewallArgs
from components.network.security_group import IngressRule, SecurityGroup, SecurityGroupArgs
from components.shared.context import Context
from components.shared.tags import Tags
from settings.firewall import FirewallSettings

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
"""The policy that AWS recommends. The default is still the policy of 2016 ("Security policies for your Application Load
Balancer")."""
EVERYONE_ELSE = "everyone-else"
"""The rule of the hold that answers shoppers with its page."""
HOLD_RULES = ("allowed-to-back-office", "allowed-to-front", EVERYONE_ELSE)
IDLE_TIMEOUT_SECONDS = 620
"""How long a load balancer waits for an answer: longer than nginx waits for PHP (610), which may take 600. nginx keeps
idle connections even longer (630), as AWS advises ("Troubleshoot your Application Load Balancers")."""
DISARMED = "disarmed.invalid"
"""The host name that a disarmed rule of the hold matches. It does not exist: RFC 2606 reserves ``.invalid``."""


@dataclass(frozen=True, kw_only=True)
class SharedLoadBalancerArgs:
    """The subnets, the certificate and the access logs of the load balancer."""

    context: Context
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    certificate_arn: pulumi.Input[str]
    access_logs_bucket: pulumi.Input[str] | None = None
    """A bucket in this region to which load balancers may write. Without it, there are no access logs."""
    firewall: FirewallSettings | None = None
    """What a web application firewall does with requests. Without it, there is none."""
    idle_timeout_seconds: int = IDLE_TIMEOUT_SECONDS


class SharedLoadBalancer(pulumi.ComponentResource):
    """An internet-facing Application Load Balancer that serves HTTPS and redirects HTTP to it.

    Produces the security group, the load balancer, both listeners and the maintenance hold: three rules of the highest
    priority that match no request until the release tool arms them. Beanstalk adds the rules of its environments below
    them. A request that matches no rule gets a 404. If the settings ask for one, there is a ``Firewall`` before it.
    """

    arn: pulumi.Output[str]
    dns_name: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    routes: list[pulumi.Resource]
    """The HTTPS listener and the hold's rules. Environments must wait for them, or would take their priorities."""
    hold_rule_arns: pulumi.Output[dict[str, str]]
    """The rules of the maintenance hold, by their names in ``HOLD_RULES``."""

    def __init__(self, name: str, args: SharedLoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:beanstalk:SharedLoadBalancer", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        context = args.context.for_system("load-balancer")
        tags = context.tags
        group = SecurityGroup(
            f"{name}-access",
            SecurityGroupArgs(
                vpc_id=args.vpc_id,
                description="The shop, for everybody",
                ingress=(
                    IngressRule(name="http", port=80, from_cidr="0.0.0.0/0", reason="Redirected to HTTPS"),
                    IngressRule(name="https", port=443, from_cidr="0.0.0.0/0", reason="The shop"),
                ),
                open_egress=True,
                context=context,
            ),
            opts=self._child,
        )
        balancer = aws.lb.LoadBalancer(
            name,
            load_balancer_type="application",
            internal=False,
            subnets=args.subnet_ids,
            security_groups=[group.id],
            idle_timeout=args.idle_timeout_seconds,
            drop_invalid_header_fields=True,
            enable_deletion_protection=args.context.protect,
            access_logs=aws.lb.LoadBalancerAccessLogsArgs(
                bucket=args.access_logs_bucket, prefix=args.context.tags.environment, enabled=True
            )
            if args.access_logs_bucket is not None
            else None,
            tags=tags.named(name),
            opts=self._child,
        )
        aws.lb.Listener(
            f"{name}-http",
            load_balancer_arn=balancer.arn,
            port=80,
            protocol="HTTP",
            default_actions=[
                aws.lb.ListenerDefaultActionArgs(
                    type="redirect",
                    redirect=aws.lb.ListenerDefaultActionRedirectArgs(
                        port="443", protocol="HTTPS", status_code="HTTP_301"
                    ),
                )
            ],
            tags=tags.named(f"{name}-http"),
            opts=self._child,
        )
        https = aws.lb.Listener(
            f"{name}-https",
            load_balancer_arn=balancer.arn,
            port=443,
            protocol="HTTPS",
            ssl_policy=TLS_POLICY,
            certificate_arn=args.certificate_arn,
            default_actions=[
                aws.lb.ListenerDefaultActionArgs(
                    type="fixed-response",
                    fixed_response=aws.lb.ListenerDefaultActionFixedResponseArgs(
                        content_type="text/plain", status_code="404", message_body="No such site"
                    ),
                )
            ],
            tags=tags.named(f"{name}-https"),
            opts=self._child,
        )
        self.arn = balancer.arn
        self.dns_name = balancer.dns_name
        self.zone_id = balancer.zone_id
        self.security_group_id = group.id
        if args.firewall:
            firewall_args = FirewallArgs(context=args.context, firewall=args.firewall)
            aws.wafv2.WebAclAssociation(
                f"{name}-firewall-association",
                resource_arn=balancer.arn,
                web_acl_arn=Firewall(f"{name}-firewall", firewall_args, opts=self._child).arn,
                opts=self._child,
            )
        hold = {
            rule: self._disarmed(f"{name}-hold-{rule}", https, priority, tags)
            for priority, rule in enumerate(HOLD_RULES, start=1)
        }
        self.routes = [https, *hold.values()]
        self.hold_rule_arns = pulumi.Output.all(**{rule: made.arn for rule, made in hold.items()})
        self.register_outputs({"arn": self.arn, "dns_name": self.dns_name, "hold_rule_arns": self.hold_rule_arns})

    def _disarmed(self, name: str, listener: aws.lb.Listener, priority: int, tags: Tags) -> aws.lb.ListenerRule:
        return aws.lb.ListenerRule(
            name,
            listener_arn=listener.arn,
            priority=priority,
            conditions=[
                aws.lb.ListenerRuleConditionArgs(
                    host_header=aws.lb.ListenerRuleConditionHostHeaderArgs(values=[DISARMED])
                )
            ],
            actions=[
                aws.lb.ListenerRuleActionArgs(
                    type="fixed-response",
                    fixed_response=aws.lb.ListenerRuleActionFixedResponseArgs(
                        content_type="text/html",
                        status_code="503",
                        message_body="<h1>We are back in a few minutes</h1>",
                    ),
                )
            ],
            tags=tags.named(name),
            # The release tool arms and disarms it. `pulumi up` during a release must not open the shop.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["conditions", "actions"]),
        )
