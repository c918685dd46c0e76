"""The option settings of an environment, between pulumi-aws's shape and AWS's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sandbox.provider.adapter import Values
from sandbox.provider.aws.blocks import Shape

SETTING = Shape({"namespace": "Namespace", "name": "OptionName", "value": "Value", "resource": "ResourceName"})

UNORDERED_OPTIONS = {"AvailabilityZones", "ELBSubnets", "SecurityGroups", "Subnets"}
"""Options whose value is a list with commas, which AWS gives back in an order of its own."""

Key = tuple[str, str, str]
"""What names an option: namespace, option, and the resource that it belongs to, if any."""


def everything(answers: Sequence[Mapping[str, Any]]) -> list[Values]:
    """All options of the environment that have a value, defaults included."""
    return [SETTING.from_aws(answer) for answer in answers if answer.get("Value") is not None]


def chosen(answers: Sequence[Mapping[str, Any]], options: Sequence[Mapping[str, Any]]) -> list[Values]:
    """The options whose value differs from the platform's default, from DescribeConfigurationSettings and
    DescribeConfigurationOptions: what an import takes for the program's."""
    defaults = {(option["Namespace"], option["Name"]): option.get("DefaultValue") for option in options}
    return [
        setting
        for setting in everything(answers)
        if setting["value"] != defaults.get((setting["namespace"], setting["name"]))
    ]


def managed(answers: Sequence[Mapping[str, Any]], said: Sequence[Values]) -> list[Values]:
    """The options that the program lists, with the values that AWS has."""
    live = {_key(setting): setting["value"] for setting in everything(answers)}
    return [
        {**setting, "value": _as_said(setting["name"], live[_key(setting)], setting["value"])}
        for setting in said
        if _key(setting) in live
    ]


def to_aws(settings: Iterable[Values]) -> list[Values]:
    """The settings as AWS takes them."""
    return [SETTING.to_aws(setting) for setting in settings]


def to_set(old: Sequence[Values], new: Sequence[Values]) -> list[Values]:
    """The settings that are new or changed, as AWS takes them."""
    return to_aws(setting for setting in new if setting not in old)


def to_remove(old: Sequence[Values], new: Sequence[Values]) -> list[Values]:
    """The options that the program no longer lists, as AWS takes them: they go back to their defaults."""
    listed = {_key(setting) for setting in new}
    return [
        {name: value for name, value in SETTING.to_aws(setting).items() if name != "Value"}
        for setting in old
        if _key(setting) not in listed
    ]


def _key(setting: Mapping[str, str]) -> Key:
    return setting["namespace"], setting["name"], setting.get("resource") or ""


def _as_said(option: str, live: str, said: str) -> str:
    """The value as the program wrote it, where AWS's means the same."""
    if option in UNORDERED_OPTIONS and sorted(live.split(",")) == sorted(said.split(",")):
        return said
    if said.startswith(("{", "[")):
        try:
            return said if json.loads(live) == json.loads(said) else live
        except json.JSONDecodeError:
            return live
    return live
