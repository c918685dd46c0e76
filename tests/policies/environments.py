"""Beanstalk environments, by their option settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi_aws as aws

from tests.policies.analyzer import Node, node

Options = Mapping[str, Mapping[str, Any]]
"""Namespace, then option name; None takes an option away."""


def environment(name: str, options: Options, /, **properties: Any) -> Node:
    """An environment with these option settings."""
    return with_settings(node(aws.elasticbeanstalk.Environment, name, **properties), options)


def with_settings(each: Node, options: Options) -> Node:
    """The same environment, some of its option settings changed."""
    settings = {(found["namespace"], found["name"]): found["value"] for found in each.properties.get("settings", ())}
    for namespace, named in options.items():
        settings.update({(namespace, option): value for option, value in named.items()})
    return each.but(
        settings=[
            {"namespace": namespace, "name": option, "value": value}
            for (namespace, option), value in settings.items()
            if value is not None
        ]
    )
