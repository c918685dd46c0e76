"""The policies' config from the stack files: the addresses, database clients and VPN sites that they permit.

So a permission is written once, in the stack file. The policies add that an entry expires on its last day, that none is
too wide, and that the program allows nothing else. A file given with ``--policy-pack-config`` replaces this config.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pulumi_policy import EnforcementLevel

from policies.engine.yaml_file import read_yaml
from policies.model.rule import Environment, Rule
from policies.rules.network.gateway_sources import GATEWAY_INGRESS_ALLOW_LISTED
from policies.rules.network.prefix_lists import PREFIX_LISTS_ALLOW_LISTED
from policies.rules.network.tier_isolation import DB_INGRESS_ONLY_OWN_SITE
from policies.rules.network.vpn import VPN_ROUTES_EXACT
from policies.rules.systems import PHP_MY_ADMIN, SHARED_DATABASE, SITE_DATABASE

_PROJECT = Path(__file__).resolve().parents[2]
_NEVER = datetime.date.max.isoformat()
_DAY_LENGTH = len(_NEVER)


def initial_config(project: Path = _PROJECT) -> dict[str, EnforcementLevel | dict[str, Any]]:
    """The config of each policy that takes one from the stack files of ``project``.

    The SDK gives a pack neither the stack's name nor its config. So an entry names its stack where that matters, and an
    allowed address counts in all stacks.
    """
    stacks = {path.name.split(".")[1]: _config(path) for path in sorted(project.glob("Pulumi.*.yaml"))}
    allowed = [entry for config in stacks.values() for entry in _allowed(config)]
    permissions: dict[Rule, dict[str, Any]] = {
        GATEWAY_INGRESS_ALLOW_LISTED: {"allowed": allowed},
        PREFIX_LISTS_ALLOW_LISTED: {"allowed": allowed},
        DB_INGRESS_ONLY_OWN_SITE: {
            "clients": [{"stack": stack, **each} for stack, config in stacks.items() for each in _clients(config)]
        },
        VPN_ROUTES_EXACT: {
            "sites": [{"stack": stack, "cidr": cidr} for stack, config in stacks.items() for cidr in _sites(config)]
        },
    }
    # Without a level the SDK would make the rule advisory.
    return {
        rule.id: {"enforcementLevel": rule.level_in(Environment.PROD), **permitted}
        for rule, permitted in permissions.items()
    }


def _config(stack_file: Path) -> dict[str, Any]:
    return (read_yaml(stack_file) or {}).get("config") or {}


# The stack file's names of databases, and their ``System`` tags.
_DATABASES = {"site": SITE_DATABASE, "shared": SHARED_DATABASE}


def _clients(config: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Which other systems reach which database, by their ``System`` tags."""
    for satellite in config.get("magento:satellites", ()):
        yield {"database": _DATABASES["shared"], "client": satellite["name"]}
    php_my_admin = config.get("magento:php_my_admin")
    if php_my_admin:
        for name in php_my_admin.get("databases", ("shared",)):
            yield {"database": _DATABASES.get(name, name), "client": PHP_MY_ADMIN}


def _sites(config: dict[str, Any]) -> Iterator[str]:
    """The networks behind the VPN links."""
    for link in config.get("magento:vpn_links", ()):
        yield from link["remote_cidrs"]


def _allowed(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for source in config.get("magento:gateway", {}).get("allowed", ()):
        # A day without quotes is a date to YAML, and Pulumi writes it back into the file with midnight's time.
        yield {**source, "expires": str(source.get("expires") or _NEVER)[:_DAY_LENGTH]}
