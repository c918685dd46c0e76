"""The maintenance hold: the load balancer itself answers shoppers, so that no request reaches an instance.

The stack declares three rules of the highest priority that match nothing. Arming gives them their conditions: first the
two that let addresses through which may see the shop meanwhile, then the one that answers everyone else. Disarming goes
the other way, so that nobody is ever let through to a shop that is not open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Any

from release.errors import ReleaseError
from release.lock import Check, unchecked

ALLOWED_TO_BACK_OFFICE, ALLOWED_TO_FRONT, EVERYONE_ELSE = "allowed-to-back-office", "allowed-to-front", "everyone-else"
RULES = (ALLOWED_TO_BACK_OFFICE, ALLOWED_TO_FRONT, EVERYONE_ELSE)
MOST_VALUES = 5
"""Values of all conditions of a rule ("Quotas for your Application Load Balancers")."""
MOST_PAGE_BYTES = 1024
"""Of a fixed response ("Listener rules for your Application Load Balancer")."""
SETTLE_SECONDS = 5.0
"""How long a release waits, before it changes anything for shoppers who are held. A load balancer follows its rules
within seconds, one node after the other, and AWS names no time. In a rehearsal on a busy computer, 3 of 1,704 requests
still got through."""
DISARMED = "disarmed.invalid"
"""The host name of a rule that matches nothing. RFC 2606 reserves `.invalid`."""
_OF_THE_ENVIRONMENT = "elasticbeanstalk:environment-name"
_MOST_TAGGED = 20
"""The most rules of one call ("DescribeTags")."""
PAGE = """\
<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="20"><title>Back in a few minutes</title>
<body style="font:1.2em/1.5 sans-serif;max-width:30em;margin:15vh auto;padding:0 1em">
<h1>We are back in a few minutes</h1><p>This page tries again by itself. What is in your cart stays there.</p>
"""
"""A fixed response has no headers of its own, so `Retry-After` is not possible: the page asks again by itself."""


class Scope(StrEnum):
    """What is held."""

    SITE = "site"
    """Every page of the shop and of the back office. CloudFront's origin is open, or it would keep the answer 503."""
    BACK_OFFICE = "back-office"
    """The path of the back office alone."""


@dataclass(frozen=True, kw_only=True)
class HoldArgs:
    """What the hold needs to know of the stack, from its outputs."""

    rules: Mapping[str, str]
    """The ARNs, by the names in ``RULES``."""
    host_names: tuple[str, ...]
    """Those that shoppers use."""
    back_office_path: str
    """Without slashes, such as `backend`."""
    front_environment: str
    back_office_environment: str


@dataclass(frozen=True, kw_only=True)
class Hold:
    """The hold of a site."""

    elbv2: Any
    """A boto3 client."""
    args: HoldArgs

    def state(self) -> frozenset[str]:
        """The names of the rules that are armed. None: the shop is open."""
        described = self._described()
        return frozenset(name for name in RULES if _is_armed(described[name]))

    def scope(self) -> Scope | None:
        """What is held now. None: nobody gets the hold's page."""
        rule = self._described()[EVERYONE_ELSE]
        if not _is_armed(rule):
            return None
        by_path = any(condition["Field"] == "path-pattern" for condition in rule["Conditions"])
        return Scope.BACK_OFFICE if by_path else Scope.SITE

    def check(self, scope: Scope, allowed: Sequence[IPv4Network]) -> None:
        """Refuse what does not fit into the rules. Raises ``ReleaseError``."""
        for name, conditions in self._conditions(scope, allowed).items():
            values = sum(len(_values(each)) for each in conditions)
            if values > MOST_VALUES:
                raise ReleaseError(
                    f"rule {name} of the hold: got {values} values, expected {MOST_VALUES} at most: "
                    f"{', '.join(value for each in conditions for value in _values(each))}. "
                    "Allow fewer addresses, or one larger network."
                )

    def arm(
        self, scope: Scope, *, allowed: Sequence[IPv4Network] = (), page: str = PAGE, check: Check = unchecked
    ) -> None:
        """Answer everyone but `allowed` with the page, within ``SETTLE_SECONDS``. Armed already: arm it as asked.

        `check` is asked before each change of a rule.

        Raises ``ReleaseError`` for what does not fit into the rules, before anything is changed.
        """
        if len(page.encode()) > MOST_PAGE_BYTES:
            raise ReleaseError(f"page of the hold: got {len(page.encode())} bytes, expected {MOST_PAGE_BYTES} at most")
        self.check(scope, allowed)
        groups = self._target_groups()
        conditions = self._conditions(scope, allowed)
        answers: dict[str, dict[str, Any]] = {
            ALLOWED_TO_BACK_OFFICE: {"Type": "forward", "TargetGroupArn": groups[self.args.back_office_environment]},
            ALLOWED_TO_FRONT: {"Type": "forward", "TargetGroupArn": groups[self.args.front_environment]},
            EVERYONE_ELSE: _page(page),
        }
        for name in RULES:
            if name in conditions:
                self._modify(name, conditions[name], answers[name], check)
        # A hold that was wider or let more addresses through before.
        for name in reversed(RULES):
            if name not in conditions:
                self._disarm(name, check)

    def disarm(self, check: Check = unchecked) -> None:
        """Open the shop. Disarmed already: nothing happens. `check` is asked before each change of a rule."""
        for name in reversed(RULES):
            self._disarm(name, check)

    def _disarm(self, name: str, check: Check) -> None:
        self._modify(name, [_hosts([DISARMED])], _page(PAGE), check)

    def _conditions(self, scope: Scope, allowed: Sequence[IPv4Network]) -> dict[str, list[dict[str, Any]]]:
        """Of the rules that are armed."""
        # The one pattern that the back office's own rule has.
        paths = {"Field": "path-pattern", "PathPatternConfig": {"Values": [f"/{self.args.back_office_path}*"]}}
        sources = {"Field": "source-ip", "SourceIpConfig": {"Values": [str(each) for each in allowed]}}
        found = {ALLOWED_TO_BACK_OFFICE: [paths, sources]} if allowed else {}
        if scope is Scope.BACK_OFFICE:
            return {**found, EVERYONE_ELSE: [paths]}
        return {
            **found,
            **({ALLOWED_TO_FRONT: [sources]} if allowed else {}),
            EVERYONE_ELSE: [_hosts(self.args.host_names)],
        }

    def _described(self) -> dict[str, dict[str, Any]]:
        found = {
            each["RuleArn"]: each
            for each in self.elbv2.describe_rules(RuleArns=list(self.args.rules.values()))["Rules"]
        }
        return {name: found[self.args.rules[name]] for name in RULES}

    def _target_groups(self) -> dict[str, str]:
        """The target group of each environment, as Beanstalk's own rules of the listener have it now."""
        arn = self.args.rules[EVERYONE_ELSE].replace(":listener-rule/", ":listener/").rpartition("/")[0]
        pages = self.elbv2.get_paginator("describe_rules").paginate(ListenerArn=arn)
        rules = {each["RuleArn"]: each for page in pages for each in page["Rules"] if not each["IsDefault"]}
        groups: dict[str, str] = {}
        for start in range(0, len(rules), _MOST_TAGGED):
            arns = list(rules)[start : start + _MOST_TAGGED]
            for each in self.elbv2.describe_tags(ResourceArns=arns)["TagDescriptions"]:
                tags = {tag["Key"]: tag["Value"] for tag in each["Tags"]}
                if (environment := tags.get(_OF_THE_ENVIRONMENT)) is not None:
                    groups[environment] = _forwards_to(rules[each["ResourceArn"]])
        for environment in (self.args.front_environment, self.args.back_office_environment):
            if not groups.get(environment):
                raise ReleaseError(
                    f"listener {arn}: got no rule of environment {environment} that forwards, expected one. "
                    "Did Beanstalk lose it? `./shop rules` says more."
                )
        return groups

    def _modify(self, name: str, conditions: list[dict[str, Any]], action: dict[str, Any], check: Check) -> None:
        check()
        self.elbv2.modify_rule(RuleArn=self.args.rules[name], Conditions=conditions, Actions=[action])


def _hosts(names: Sequence[str]) -> dict[str, Any]:
    return {"Field": "host-header", "HostHeaderConfig": {"Values": list(names)}}


def _page(page: str) -> dict[str, Any]:
    answer = {"StatusCode": "503", "ContentType": "text/html", "MessageBody": page}
    return {"Type": "fixed-response", "FixedResponseConfig": answer}


def _values(condition: Mapping[str, Any]) -> list[str]:
    return [
        value
        for member in ("HostHeaderConfig", "PathPatternConfig", "SourceIpConfig")
        for value in condition.get(member, {}).get("Values", ())
    ]


def _is_armed(rule: Mapping[str, Any]) -> bool:
    return [value for each in rule["Conditions"] for value in _values(each)] != [DISARMED]


def _forwards_to(rule: Mapping[str, Any]) -> str:
    action = rule["Actions"][-1]
    groups = action.get("ForwardConfig", {}).get("TargetGroups", ())
    return str(action.get("TargetGroupArn") or (groups[0]["TargetGroupArn"] if groups else ""))
