"""Listener rules of environments behind one load balancer: each host and path goes to one environment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_policy import EnforcementLevel, Severity

from policies.aws.option_settings import OptionSettings, settings_of
from policies.generated.aws_types import elasticbeanstalk, lb
from policies.model.properties import Known, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, ResourceRule, Sources, StackRule, Undecided, Violation

_RULE = "aws:elbv2:listenerrule:"
_BALANCER = "aws:elbv2:loadbalancer"
_WELL_KNOWN = ("/admin", "/backend")
"""Where scanners look for Magento's Admin first ("Secure your Commerce site and infrastructure")."""


@dataclass(frozen=True, kw_only=True)
class _HostRule:
    """One listener rule that an environment adds to a shared load balancer."""

    environment: Resource
    namespace: str
    hosts: frozenset[str]
    paths: frozenset[str]
    priority: str


def _rules(environment: Resource) -> Iterator[_HostRule]:
    settings = settings_of(environment)
    if not settings.is_true("aws:elasticbeanstalk:environment", "LoadBalancerIsShared"):
        return
    for namespace in settings.namespaces(_RULE):
        yield _HostRule(
            environment=environment,
            namespace=namespace,
            hosts=_listed(settings, namespace, "HostHeaders"),
            # Without a pattern the rule matches every path.
            paths=_listed(settings, namespace, "PathPatterns") or frozenset({"/*"}),
            priority=settings.text(namespace, "Priority"),
        )


def _listed(settings: OptionSettings, namespace: str, name: str) -> frozenset[str]:
    return frozenset(filter(None, (each.strip() for each in settings.text(namespace, name).split(","))))


def _check_hosts(environment: Resource, stack: Stack, _: Config) -> Findings:
    settings = settings_of(environment)
    for rule in _rules(environment):
        match settings.read(rule.namespace, "HostHeaders"):
            case Unknown():
                yield Undecided(resource=environment, path=f"{rule.namespace} HostHeaders")
                continue
        if not rule.hosts or "*" in rule.hosts:
            yield Violation(
                resource=environment,
                got=f"{rule.namespace} for every host",
                expected="the site's host names in HostHeaders",
                part=rule.namespace,
            )
        for other in _others(environment, stack):
            yield from _check_pair(rule, other)


def _others(environment: Resource, stack: Stack) -> Iterator[_HostRule]:
    """The rules of the environments on the same balancer that sort before this one, so that each pair is checked "
    "once."""
    for other in stack.of_type(elasticbeanstalk.Environment):
        if other.urn < environment.urn and _share_a_balancer(environment, other):
            yield from _rules(other)


def _share_a_balancer(one: Resource, other: Resource) -> bool:
    balancers = set(one.origin("settings", lb.LoadBalancer)) & set(other.origin("settings", lb.LoadBalancer))
    arns = [settings_of(each).read(_BALANCER, "SharedLoadBalancer") for each in (one, other)]
    return bool(balancers) or (isinstance(arns[0], Known) and arns[0] == arns[1])


def _check_pair(rule: _HostRule, other: _HostRule) -> Findings:
    shared = rule.hosts & other.hosts
    if shared and (_is_another_site(rule.environment, other.environment) or rule.paths & other.paths):
        yield Violation(
            resource=rule.environment,
            got=f"{rule.namespace} for {' and '.join(sorted(shared))}, which {other.environment} also answers",
            expected="other hosts, or within one site other paths",
            part=rule.namespace,
        )
    if rule.priority and rule.priority == other.priority:
        yield Violation(
            resource=rule.environment,
            got=f"{rule.namespace} with Priority={rule.priority}, which {other.environment} also has",
            expected="another priority",
            part=rule.namespace,
        )


def _is_another_site(one: Resource, other: Resource) -> bool:
    """A site's environments are of one application."""
    applications = [
        (each.origin("application", elasticbeanstalk.Application), each.properties.read("application"))
        for each in (one, other)
    ]
    (first, first_name), (second, second_name) = applications
    return not set(first) & set(second) if first or second else first_name != second_name


# A condition on the source address would be better, but Beanstalk's listener rules cannot have one.
def _check_admin(environment: Resource, _: Config) -> Findings:
    settings = settings_of(environment)
    for rule in _rules(environment):
        if isinstance(settings.read(rule.namespace, "PathPatterns"), Unknown):
            yield Undecided(resource=environment, path=f"{rule.namespace} PathPatterns")
        found = {
            known
            for known in _WELL_KNOWN
            for path in rule.paths
            if path in (known, f"{known}/", f"{known}/*", f"{known}*")
        }
        if found:
            yield Violation(
                resource=environment,
                got=f"{rule.namespace} with PathPatterns={','.join(sorted(found))}",
                expected="a path for the Admin that scanners do not try",
                part=rule.namespace,
            )


SITE_HOST_ISOLATION = StackRule(
    id="site-host-isolation",
    severity=Severity.HIGH,
    why="If two environments answer one host, customers of one site see the other's pages and send it their data.",
    fix="set HostHeaders to the site's own hosts, and give each rule of a load balancer another Priority.",
    sources=Sources(other='"Configuring a shared Application Load Balancer"'),
    applies_to=(elasticbeanstalk.Environment,),
    check=_check_hosts,
)

MAGENTO_ADMIN_RESTRICTED = ResourceRule(
    id="magento-admin-restricted",
    severity=Severity.HIGH,
    why="Scanners try the well-known paths of the Admin on every shop, and its login gives access to everything.",
    fix="choose another path for the Admin in the site's config, keep it secret, and require two-factor "
    "authentication.",
    sources=Sources(pci=("1.3.1",), other='Adobe\'s "Secure your Commerce site and infrastructure"'),
    production_only=True,
    # A warning only: Magento's own config decides where the Admin is.
    level=EnforcementLevel.ADVISORY,
    applies_to=(elasticbeanstalk.Environment,),
    check=_check_admin,
)

RULES = (SITE_HOST_ISOLATION, MAGENTO_ADMIN_RESTRICTED)
