"""Elastic Beanstalk environments: only the load balancer reaches the instances, variables hold no secrets, and the web
server of a shop serves only what is meant for browsers."""

from __future__ import annotations

from pulumi_policy import Severity

from policies.aws.credentials import credentials_in, is_reference, is_secret_name
from policies.aws.option_settings import option, require_option, settings_of
from policies.aws.routes import public_subnet_ids
from policies.generated.aws_types import elasticbeanstalk
from policies.model.properties import Absent, Known, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, OnUnknown, ResourceRule, Sources, StackRule, Undecided, Violation

_INSTANCES = "aws:autoscaling:launchconfiguration"
_NETWORK = "aws:ec2:vpc"
_VARIABLES = "aws:elasticbeanstalk:application:environment"
_PHP = "aws:elasticbeanstalk:container:php:phpini"
_PROXY = "aws:elasticbeanstalk:environment:proxy"
_TIER = "MAGENTO_TIER"
"""The variable that only Magento's environments have."""


def _check_subnets(environment: Resource, stack: Stack, _: Config) -> Findings:
    settings = settings_of(environment)
    public = {str(subnet_id): str(by) for subnet_id, by in public_subnet_ids(stack).items()}
    match settings.read(_NETWORK, "ELBSubnets"):
        case Known(ids) if settings.text(_NETWORK, "ELBScheme", "public") == "public":
            public |= dict.fromkeys(_listed(ids), "its load balancer")
    path = f"{_NETWORK} Subnets"
    match settings.read(_NETWORK, "Subnets"):
        case Known(ids):
            for subnet_id in sorted(public.keys() & _listed(ids)):
                yield Violation(
                    resource=environment,
                    got=f"{subnet_id} in {path}, a public subnet of {public[subnet_id]}",
                    expected="private subnets",
                    part=subnet_id,
                )
        case Absent():
            yield Violation(resource=environment, got=f"no {path}", expected="private subnets")
        case Unknown():
            yield Undecided(resource=environment, path=path)


def _listed(ids: object) -> set[str]:
    return {each.strip() for each in str(ids).split(",")}


def _check_variables(environment: Resource, _: Config) -> Findings:
    settings = settings_of(environment)
    if settings.is_unknown:
        yield Undecided(resource=environment, path="settings")
    expected = f"secrets only in {_VARIABLES}secrets"
    for name, reading in settings.options(_VARIABLES).items():
        match reading:
            case Known(secret=True) | Unknown(secret=True):
                yield Violation(
                    resource=environment, got=f"a secret value in the variable {name}", expected=expected, part=name
                )
            case Known(value) if is_secret_name(name) and not is_reference(str(value)):
                yield Violation(
                    resource=environment,
                    got=f"a value in plain text in the variable {name}",
                    expected=expected,
                    part=name,
                )
            case Known(value):
                for kind in credentials_in(str(value)):
                    yield Violation(
                        resource=environment, got=f"{kind} in the variable {name}", expected=expected, part=name
                    )
            case Unknown() if is_secret_name(name):
                yield Undecided(resource=environment, path=f"{_VARIABLES} {name}")


def _check_document_root(environment: Resource, _: Config) -> Findings:
    settings = settings_of(environment)
    match settings.read(_VARIABLES, _TIER), settings.read(_PROXY, "ProxyServer"):
        case Absent(), _:
            return
        case Known(), Known(server) if str(server).lower() == "apache":
            return
        case (Unknown(), _) | (_, Unknown()):
            yield Undecided(resource=environment, path="settings")
        case _:
            yield from option(environment, _PHP, "document_root", _is_pub, "Magento's pub, such as /pub")


def _is_pub(document_root: str) -> bool:
    return document_root.rstrip("/").rpartition("/")[2] == "pub"


EB_NO_PLAINTEXT_SECRETS = ResourceRule(
    id="eb-no-plaintext-secrets",
    severity=Severity.CRITICAL,
    why="Anyone who may describe the environment can read its variables, in the console and in saved configurations.",
    fix="pass the ARN of a secret in EnvironmentOptions.secrets, in place of the value in variables.",
    sources=Sources(
        pci=("8.6.2",), other="Elastic Beanstalk Developer Guide: Fetching secrets to environment variables"
    ),
    on_unknown=OnUnknown.DEFER,
    applies_to=(elasticbeanstalk.Environment,),
    check=_check_variables,
)

EB_PRIVATE_SUBNETS = StackRule(
    id="eb-private-subnets",
    severity=Severity.HIGH,
    why="In a public subnet, one wrong security group rule lets clients bypass the load balancer.",
    fix="set instance_subnet_ids to private subnets.",
    sources=Sources(fsbp=("EC2.9",), pci=("1.3.1", "1.4.4")),
    # The option holds all ids in one text, so only known ids can be compared.
    on_unknown=OnUnknown.DEFER,
    applies_to=(elasticbeanstalk.Environment,),
    check=_check_subnets,
)

EB_NO_PUBLIC_IP = ResourceRule(
    id="eb-no-public-ip",
    severity=Severity.HIGH,
    why="Clients can bypass the load balancer, its TLS and its logs if an instance has a public address.",
    fix='set AssociatePublicIpAddress to "false" in aws:ec2:vpc.',
    sources=Sources(fsbp=("AutoScaling.5", "EC2.9"), pci=("1.3.1",)),
    applies_to=(elasticbeanstalk.Environment,),
    check=require_option(_NETWORK, "AssociatePublicIpAddress", "false"),
)

EB_IMDSV1_OFF = ResourceRule(
    id="eb-imdsv1-off",
    severity=Severity.HIGH,
    why="With IMDSv1, a page that can be tricked into fetching a URL exposes the credentials of the instance's role.",
    fix='set DisableIMDSv1 to "true" in aws:autoscaling:launchconfiguration.',
    sources=Sources(fsbp=("AutoScaling.3", "EC2.8"), cis=("6.7",), pci=("8.2.8",)),
    applies_to=(elasticbeanstalk.Environment,),
    check=require_option(_INSTANCES, "DisableIMDSv1", "true"),
)

# With Apache, the .htaccess files in Magento's directories do what nginx ignores.
MAGENTO_DOCUMENT_ROOT = ResourceRule(
    id="magento-document-root",
    severity=Severity.CRITICAL,
    why="Above pub, nginx finds no start page, and gives out Magento's logs, exports and auth.json to anyone.",
    fix="set document_root to /pub, in site of the stack file.",
    sources=Sources(pci=("6.2.4",), other='Adobe\'s "Modify docroot to improve security"'),
    applies_to=(elasticbeanstalk.Environment,),
    check=_check_document_root,
)

RULES = (EB_NO_PLAINTEXT_SECRETS, EB_PRIVATE_SUBNETS, EB_NO_PUBLIC_IP, EB_IMDSV1_OFF, MAGENTO_DOCUMENT_ROOT)
