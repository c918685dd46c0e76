"""``./shop rules``: listener rules that get no request, since a rule before them takes all of theirs.

Beanstalk puts the rules of an environment that it rebuilds behind all others. A rebuilt back office then gets no
request any more: the front's rule, which matches every path, comes first.

It needs permission for elasticloadbalancing:DescribeLoadBalancers, DescribeListeners, DescribeRules and DescribeTags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from commands.aws_api import AwsApi, tags_of
from commands.console import Console
from commands.errors import ExitCode

_HOSTS, _PATHS = "HostHeaderConfig", "PathPatternConfig"
_OF_THE_ENVIRONMENT = "elasticbeanstalk:environment-name"
_MOST_TAGGED = 20
"""The most rules of one call ("DescribeTags")."""

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@dataclass(frozen=True, kw_only=True)
class ListenerRule:
    """A rule of a load balancer's listener. Without hosts or paths, it matches all of them."""

    arn: str
    priority: int
    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    has_other_conditions: bool = False
    """Such as a source address."""
    forwards: bool = True
    environment: str = ""
    """The Beanstalk environment that made it; empty for the rule of another."""

    def takes_all_of(self, other: ListenerRule) -> bool:
        """Whether no request would be left for a later rule."""
        return (
            self.forwards
            and not self.has_other_conditions
            and _covers(self.hosts, other.hosts)
            and _covers(self.paths, other.paths)
        )

    def __str__(self) -> str:
        return f"rule {self.priority}{f' of {self.environment}' if self.environment else ''}"


def shadowed(rules: Sequence[ListenerRule]) -> Iterator[tuple[ListenerRule, ListenerRule]]:
    """Each rule of a listener that gets no request, with the first rule that takes them.

    A rule with a fixed answer, such as an armed maintenance hold, is meant to take them.
    """
    ordered = sorted(rules, key=lambda rule: rule.priority)
    for number, rule in enumerate(ordered):
        if (taker := next((each for each in ordered[:number] if each.takes_all_of(rule)), None)) is not None:
            yield rule, taker


@app.command(epilog="Exit codes: 0 all rules get requests; 1 one does not, or AWS refused a call; 2 no region.")
def rules(
    region: Annotated[str | None, typer.Option(help="The AWS region; by default the one that boto3 finds.")] = None,
) -> None:
    """Find listener rules of load balancers that get no request. Prints the command that puts them in order."""
    console, api = Console(), AwsApi(region)
    found = [pair for listener in _listeners(api) for pair in shadowed(_rules(api, listener))]
    for rule, taker in found:
        swapped = f"RuleArn={rule.arn},Priority={taker.priority} RuleArn={taker.arn},Priority={rule.priority}"
        console.warn(f"{rule} gets no request, since {taker} takes all of them. Swap the two:")
        console.raw(f"    aws elbv2 set-rule-priorities --region {api.region} --rule-priorities {swapped}")
    if found:
        raise typer.Exit(ExitCode.FAILED)
    console.say("All listener rules get requests.")


def _listeners(api: AwsApi) -> Iterator[str]:
    for balancer in api.list("elbv2", "describe_load_balancers", "LoadBalancers"):
        if balancer["Type"] == "application":
            arn = balancer["LoadBalancerArn"]
            for listener in api.list("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn):
                yield listener["ListenerArn"]


def _rules(api: AwsApi, listener: str) -> list[ListenerRule]:
    described = api.list("elbv2", "describe_rules", "Rules", ListenerArn=listener)
    own = {each["RuleArn"]: each for each in described if not each["IsDefault"]}
    environments: dict[str, str] = {}
    for start in range(0, len(own), _MOST_TAGGED):
        arns = list(own)[start : start + _MOST_TAGGED]
        for each in api.list("elbv2", "describe_tags", "TagDescriptions", ResourceArns=arns):
            environments[each["ResourceArn"]] = tags_of(each["Tags"]).get(_OF_THE_ENVIRONMENT, "")
    return [
        ListenerRule(
            arn=arn,
            priority=int(each["Priority"]),
            hosts=_values(each["Conditions"], _HOSTS),
            paths=_values(each["Conditions"], _PATHS),
            # A regular expression is read as neither.
            has_other_conditions=any(
                not condition.get(_HOSTS, {}).get("Values") and not condition.get(_PATHS, {}).get("Values")
                for condition in each["Conditions"]
            ),
            forwards=each["Actions"][-1]["Type"] == "forward",
            environment=environments.get(arn, ""),
        )
        for arn, each in own.items()
    ]


def _values(conditions: Sequence[dict[str, Any]], member: str) -> tuple[str, ...]:
    return tuple(value for each in conditions for value in each.get(member, {}).get("Values", ()))


def _covers(patterns: Sequence[str], others: Sequence[str]) -> bool:
    """Whether everything that one of ``others`` matches is matched by one of ``patterns``; no patterns match all."""
    return not patterns or (bool(others) and all(any(_matches(each, other) for each in patterns) for other in others))


def _matches(pattern: str, other: str) -> bool:
    """Whether a pattern with ``*`` and ``?`` matches all that another does. ``?`` is one character, and so no ``*``."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "[^*]")
    return re.fullmatch(expression, other) is not None
