"""Elastic Beanstalk releases: one instance at a time, with health checks and logs, on a supported platform."""

from __future__ import annotations

import re

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.option_settings import option, option_at_least, option_is_off, require_option, settings_of
from policies.generated.aws_types import elasticbeanstalk
from policies.model.expectations import shown
from policies.model.properties import Absent, Known, Unknown
from policies.model.resources import Resource
from policies.model.rule import Config, Findings, ResourceRule, Sources, Undecided, Violation

_COMMAND = "aws:elasticbeanstalk:command"
_HEALTH = "aws:elasticbeanstalk:healthreporting:system"
_LOGS = "aws:elasticbeanstalk:cloudwatch:logs"
_MANAGED = "aws:elasticbeanstalk:managedactions"
_SIZES = "aws:autoscaling:asg"
_VARIABLES = "aws:elasticbeanstalk:application:environment"

_CRON_ON_OLDEST_OF = "MAGENTO_CRON_ON_OLDEST_OF"
"""The variable of a back office whose cron runs on its oldest instance alone. Without it, a second instance for the
time of a deployment would run cron too."""
_ADDITIONAL_BATCH = "RollingWithAdditionalBatch"

_LOG_DAYS = 90
"""PCI DSS 4.0, 10.5.1: three months must be available immediately."""
_TIER, _FRONT = "MAGENTO_TIER", "front"
"""The variable that marks the front. The back office has one instance, because it runs migrations and jobs."""
_FRONT_INSTANCES = 2

_PLATFORM = re.compile(r"64bit Amazon Linux 2023 v(?P<version>[\d.]+) running (?P<branch>[A-Za-z.]+)")
_OLDEST = {"PHP": "4.13.13"}
"""Of each branch, the first version without vulnerabilities that let anybody run code on an instance: those of PHP that
were published in October 2026 (CVE-2026-109618, CVE-2026-109619). Source: prowler 5.46, its check
`elasticbeanstalk_environment_php_platform_updated`, which cites "Elastic Beanstalk release notes" of 2026-10-21."""
_PINNED = "solutionStackName"


def _check_logs(environment: Resource, config: Config) -> Findings:
    yield from require_option(_LOGS, "StreamLogs", "true")(environment, config)
    yield from option_at_least(environment, _LOGS, "RetentionInDays", int(config.get("days", _LOG_DAYS)))
    yield from option_is_off(environment, _LOGS, "DeleteOnTerminate")


def _check_deployment(environment: Resource, config: Config) -> Findings:
    policies = [str(each) for each in config.get("policies", ("Rolling",))]
    match settings_of(environment).read(_VARIABLES, _CRON_ON_OLDEST_OF):
        case Known(name) if name:
            policies.append(_ADDITIONAL_BATCH)
        case Unknown():
            yield Undecided(resource=environment, path=f"{_VARIABLES} {_CRON_ON_OLDEST_OF}")
    yield from option(
        environment,
        _COMMAND,
        "DeploymentPolicy",
        lambda policy: policy in map(str.lower, policies),
        " or ".join(policies),
    )
    if settings_of(environment).text(_COMMAND, "DeploymentPolicy").startswith("rolling"):
        yield from option(environment, _COMMAND, "BatchSizeType", lambda kind: kind == "fixed", "Fixed")
        yield from option(environment, _COMMAND, "BatchSize", lambda size: size == "1", "1")
    yield from option_is_off(environment, _COMMAND, "IgnoreHealthCheck")


def _check_instances(environment: Resource, _: Config) -> Findings:
    # Only the front has to be highly available: all other environments have one instance by design.
    match settings_of(environment).read(_VARIABLES, _TIER):
        case Known(tier) if tier == _FRONT:
            yield from option_at_least(environment, _SIZES, "MinSize", _FRONT_INSTANCES)
        case Unknown():
            yield Undecided(resource=environment, path=f"{_VARIABLES} {_TIER}")


def _check_platform(environment: Resource, config: Config) -> Findings:
    oldest: dict[str, str] = {**_OLDEST, **config.get("oldest", {})}
    managed = settings_of(environment).read(_MANAGED, "ManagedActionsEnabled")
    if isinstance(managed, Unknown):
        yield Undecided(resource=environment, path=f"{_MANAGED} ManagedActionsEnabled")
        return
    is_managed = settings_of(environment).is_true(_MANAGED, "ManagedActionsEnabled")
    reading = environment.properties.read(_PINNED)
    match reading:
        case Known(name):
            pinned = _PLATFORM.match(str(name))
        case Unknown():
            yield Undecided(resource=environment, path=_PINNED)
            return
        case _:
            pinned = None
    if pinned is None:
        yield Violation(
            resource=environment,
            got="no solution_stack_name" if reading == Absent() else f"solution_stack_name={shown(reading)}",
            expected="a platform of Amazon Linux 2023, since Amazon Linux 2 gets no more patches",
            part="solution_stack_name",
        )
    elif is_managed and _PINNED not in environment.ignore_changes:
        yield Violation(
            resource=environment,
            got="managed updates and solution_stack_name, which the next `pulumi up` would restore",
            expected="one of the two",
            part="solution_stack_name",
        )
    elif not is_managed and _numbers(pinned["version"]) < _numbers(oldest.get(pinned["branch"], "")):
        yield Violation(
            resource=environment,
            got=f"version {pinned['version']} of the platform {pinned['branch']}",
            expected=f"{oldest[pinned['branch']]} or later",
            part="solution_stack_name",
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in version.split(".") if each)


EB_LOGS_STREAMED = ResourceRule(
    id="eb-logs-streamed",
    severity=Severity.HIGH,
    why="When an instance is replaced, often after a failed release, the logs on its disk are lost.",
    fix="set StreamLogs and RetentionInDays in aws:elasticbeanstalk:cloudwatch:logs, and leave DeleteOnTerminate off.",
    sources=Sources(fsbp=("ElasticBeanstalk.3",), pci=("10.2.1", "10.5.1")),
    applies_to=(elasticbeanstalk.Environment,),
    check=_check_logs,
    config_schema=PolicyConfigSchema(properties={"days": {"type": "integer", "default": _LOG_DAYS, "minimum": 1}}),
)

# AWS recommends an immutable deployment. It deletes the instances that failed, which are needed to find the cause, and
# runs the old and the new release on one database, which migrations break.
EB_SAFE_DEPLOY = ResourceRule(
    id="eb-safe-deploy",
    severity=Severity.HIGH,
    why="Only a release that goes instance by instance and checks their health stops at the first faulty instance.",
    fix="set DeploymentPolicy to Rolling, BatchSizeType to Fixed and BatchSize to 1, and leave IgnoreHealthCheck off, "
    "as EnvironmentOptions does; the policy's config may accept other policies. RollingWithAdditionalBatch needs "
    "MAGENTO_CRON_ON_OLDEST_OF, as site.back_office.additional_batch sets it.",
    sources=Sources(other="Elastic Beanstalk Developer Guide: Deployment policies and settings"),
    production_only=True,
    applies_to=(elasticbeanstalk.Environment,),
    check=_check_deployment,
    config_schema=PolicyConfigSchema(
        properties={
            "policies": {
                "type": "array",
                "default": ["Rolling"],
                "items": {"enum": ["Rolling", "RollingWithAdditionalBatch", "Immutable", "TrafficSplitting"]},
                "minItems": 1,
            }
        }
    ),
)

# ElasticBeanstalk.2 asks for managed updates. They change the platform version that the program pins (Magento supports
# few), and the next `pulumi up` would change it back.
EB_PLATFORM_CURRENT = ResourceRule(
    id="eb-platform-current",
    severity=Severity.HIGH,
    why="An old platform version keeps known vulnerabilities that later versions fix.",
    fix="set solution_stack in the stack file to the platform that this run's warning about the environment names, "
    "first in preprod; the policy's config says which versions are too old.",
    sources=Sources(fsbp=("ElasticBeanstalk.2",), pci=("6.3.3",)),
    applies_to=(elasticbeanstalk.Environment,),
    check=_check_platform,
    config_schema=PolicyConfigSchema(
        properties={
            "oldest": {
                "type": "object",
                "default": _OLDEST,
                "additionalProperties": {"type": "string", "pattern": r"^\d+(\.\d+)*$"},
            }
        }
    ),
)

EB_MIN_INSTANCES = ResourceRule(
    id="eb-min-instances",
    severity=Severity.MEDIUM,
    why="With one front instance, a release, the failure of a zone or a crash closes the shop.",
    fix="set instances of the front to 2 or more.",
    sources=Sources(fsbp=("AutoScaling.2",)),
    production_only=True,
    applies_to=(elasticbeanstalk.Environment,),
    check=_check_instances,
)

EB_ENHANCED_HEALTH = ResourceRule(
    id="eb-enhanced-health",
    severity=Severity.LOW,
    why="Basic health reports that an instance answers, but not that it answers with errors.",
    fix="set SystemType to enhanced in aws:elasticbeanstalk:healthreporting:system.",
    sources=Sources(fsbp=("ElasticBeanstalk.1",)),
    applies_to=(elasticbeanstalk.Environment,),
    check=require_option(_HEALTH, "SystemType", "enhanced"),
)

RULES = (EB_LOGS_STREAMED, EB_SAFE_DEPLOY, EB_PLATFORM_CURRENT, EB_MIN_INSTANCES, EB_ENHANCED_HEALTH)
