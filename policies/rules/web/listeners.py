"""Listeners of load balancers: HTTPS with modern TLS and a certificate of ACM, and redirects from HTTP.

A listener is a resource of the program, or Beanstalk creates it from an environment's option settings: both are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pulumi_policy import Severity

from policies.aws.option_settings import OptionSettings, settings_of
from policies.generated.aws_types import acm, elasticbeanstalk, lb
from policies.model.expectations import accepted, is_set, spelled
from policies.model.properties import Absent, Known, Properties, Reading, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, OnUnknown, ResourceRule, Sources, StackRule, Undecided, Violation

_ENVIRONMENT = "aws:elasticbeanstalk:environment"
_LISTENER = "aws:elbv2:listener:"
_CLASSIC_LISTENER = "aws:elb:listener"
_ENCRYPTED = ("HTTPS", "TLS")
_HTTPS_PORT = "443"
# Policies with TLS13-1-2, TLS13-1-3, TLS-1-2 or FS-1-2 in their name accept only TLS 1.2 or later ("Security policies
# for your Application Load Balancer").
_MODERN_POLICY = re.compile(r"ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)-.+")
_ACM_ARN = "arn:aws:acm:"


def _check_policy(resource: Resource, _: Config) -> Findings:
    if resource.is_a(lb.Listener):
        match resource.properties.read("protocol"):
            case Known(protocol) if protocol in _ENCRYPTED:
                yield from _modern(resource, "sslPolicy", resource.properties.read("sslPolicy"))
            case Unknown():
                yield Undecided(resource=resource, path="protocol")
        return
    settings = settings_of(resource)
    for namespace in settings.namespaces(_LISTENER):
        if settings.text(namespace, "Protocol").upper() in _ENCRYPTED:
            yield from _modern(resource, f"{namespace} SSLPolicy", settings.read(namespace, "SSLPolicy"))


def _modern(resource: Resource, path: str, reading: Reading) -> Findings:
    expected = "a policy for TLS 1.2 and later, such as ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    yield from accepted(resource, path, reading, lambda policy: bool(_MODERN_POLICY.fullmatch(str(policy))), expected)


def _check_plain_http(resource: Resource, stack: Stack, _: Config) -> Findings:
    if resource.is_a(elasticbeanstalk.Environment):
        yield from _check_environment(resource)
        return
    match resource.properties.read("protocol"):
        case Known("HTTP"):
            yield from _check_actions(resource, "defaultActions", _redirects, "a redirect to HTTPS on port 443")
            for rule in stack.from_origin(lb.ListenerRule, "listenerArn", resource):
                yield from _check_actions(rule, "actions", _serves_nothing, "a redirect or a fixed response")
        case Unknown():
            yield Undecided(resource=resource, path="protocol")


def _check_actions(resource: Resource, name: str, is_right: Callable[[Properties], bool], expected: str) -> Findings:
    actions = list(resource.properties.each(name))
    if not actions:
        yield Violation(resource=resource, got=f"no {spelled(name)}", expected=expected, part=spelled(name))
    for index, action in enumerate(actions):
        path = f"{spelled(name)}[{index}]"
        match action:
            case Known(Properties() as properties):
                if not is_right(properties):
                    yield Violation(resource=resource, got=_described(path, properties), expected=expected, part=path)
            case _:
                yield Undecided(resource=resource, path=path)


def _described(path: str, action: Properties) -> str:
    match action.read("type"):
        case Known("redirect"):
            target = [action.read("redirect", name) for name in ("protocol", "port", "statusCode")]
            return f"{path}.redirect={' '.join(str(each.value) for each in target if isinstance(each, Known))}"
        case Known(kind):
            return f"{path}.type={kind}"
    return f"no {path}.type"


def _redirects(action: Properties) -> bool:
    return (
        action.read("type") == Known("redirect")
        and action.read("redirect", "protocol") == Known("HTTPS")
        and action.read("redirect", "port") == Known(_HTTPS_PORT)
        and action.read("redirect", "statusCode") == Known("HTTP_301")
    )


def _serves_nothing(action: Properties) -> bool:
    return _redirects(action) or action.read("type") == Known("fixed-response")


def _check_environment(environment: Resource) -> Findings:
    settings = settings_of(environment)
    if settings.text(_ENVIRONMENT, "EnvironmentType") == "singleinstance":
        return
    if settings.is_unknown:
        yield Undecided(resource=environment, path="settings")
        return
    for namespace in _plain_listeners(settings):
        yield Violation(
            resource=environment, got=f"{namespace} over plain HTTP", expected="only HTTPS listeners", part=namespace
        )


def _plain_listeners(settings: OptionSettings) -> Iterator[str]:
    """The namespaces of listeners that answer plain HTTP. Beanstalk creates one on port 80 by default."""
    if settings.is_true(_ENVIRONMENT, "LoadBalancerIsShared"):
        # An environment adds rules, by port, to the listeners of the shared balancer.
        for port in ("default", "80"):
            if settings.text(f"{_LISTENER}{port}", "Rules"):
                yield f"{_LISTENER}{port}"
        return
    kind = settings.text(_ENVIRONMENT, "LoadBalancerType", "classic")
    first, enabled, protocol = (
        (_CLASSIC_LISTENER, "ListenerEnabled", "ListenerProtocol")
        if kind == "classic"
        else (f"{_LISTENER}default", "ListenerEnabled", "Protocol")
    )
    if kind == "network":
        return
    prefix = f"{_CLASSIC_LISTENER}:" if kind == "classic" else _LISTENER
    for namespace in sorted({first, *settings.namespaces(prefix)}):
        if settings.is_true(namespace, enabled, default=True) and settings.text(namespace, protocol, "http") == "http":
            yield namespace


def _check_certificate(listener: Resource, _stack: Stack, _: Config) -> Findings:
    if listener.properties.read("protocol") not in (Known("HTTPS"), Known("TLS")):
        return
    yield from is_set(listener, "certificateArn")
    for certificate in listener.origin("certificateArn", acm.Certificate):
        if isinstance(certificate.properties.read("privateKey"), Absent):
            yield Violation(
                resource=listener,
                got=f"certificate_arn of {certificate}, which may not be issued yet",
                expected="certificate_arn of its acm.CertificateValidation",
            )
    if listener.origin("certificateArn", acm.Certificate, acm.CertificateValidation):
        return
    match listener.properties.read("certificateArn"):
        # It is another stack's: only its ARN is seen.
        case Known(str() as arn) if arn and not arn.startswith(_ACM_ARN):
            yield Violation(resource=listener, got=f"certificate_arn={arn}", expected="an ARN of ACM")
        case Unknown():
            yield Undecided(resource=listener, path="certificateArn")


TLS_POLICY = ResourceRule(
    id="listener-tls-policy",
    severity=Severity.CRITICAL,
    why="TLS before 1.2 is broken and forbidden for card data, and a listener accepts it by default.",
    fix="set ssl_policy, or SSLPolicy in a listener's option settings, to ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09.",
    sources=Sources(fsbp=("ELB.17",), pci=("4.2.1",)),
    applies_to=(lb.Listener, elasticbeanstalk.Environment),
    check=_check_policy,
)

HTTP_REDIRECTS = StackRule(
    id="http-redirects",
    severity=Severity.HIGH,
    why="Over plain HTTP anyone on the network can read and change what customers send.",
    fix="redirect the listener of port 80 to HTTPS on port 443 with HTTP_301, and add no rules that forward to it; put "
    "an environment behind the shared load balancer, or disable its aws:elbv2:listener:default.",
    sources=Sources(fsbp=("ELB.1",), pci=("1.2.5", "4.2.1")),
    applies_to=(lb.Listener, elasticbeanstalk.Environment),
    check=_check_plain_http,
)

CERTIFICATE_OF_ACM = StackRule(
    id="listener-cert-acm",
    severity=Severity.MEDIUM,
    why="ACM reports when a certificate expires and renews it in place, and IAM does neither.",
    fix="pass the ARN of an imported acm.Certificate, or of an acm.CertificateValidation, in certificate_arn.",
    sources=Sources(pci=("4.2.1",), other='"SSL certificates for your Application Load Balancer"'),
    on_unknown=OnUnknown.DEFER,
    applies_to=(lb.Listener,),
    check=_check_certificate,
)

RULES = (TLS_POLICY, HTTP_REDIRECTS, CERTIFICATE_OF_ACM)
