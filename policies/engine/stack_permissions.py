"""The policies' config from the stack files: the addresses, database clients and VPN sites that they permit.

So a permission is written once, in the stack file. The policies add that an entry expires on its last day, that none is
too wide, and that the program allows nothing else. A file given with ``--policy-pack-config`` replaces this config.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pulumi_policy import EnforcementLevel

from commands import stack_yaml
from policies.engine.yaml_file import read_yaml
from policies.model.rule import Environment, PolicyConfigError, Rule
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
    allowed address counts in all stacks. Raises PolicyConfigError for a file that is not YAML.
    """
    files = sorted(project.glob("Pulumi.*.yaml"))
    stacks = {file.name.removeprefix("Pulumi.").removesuffix(".yaml"): _config(file) for file in files}
    allowed = [entry for config in stacks.values() for entry in _allowed(config)]
    clients = [{"stack": stack, **each} for stack, config in stacks.items() for each in _clients(config)]
    sites = [{"stack": stack, "cidr": cidr} for stack, config in stacks.items() for cidr in _sites(config)]
    permissions: tuple[tuple[Rule, str, list[dict[str, Any]]], ...] = (
        (GATEWAY_INGRESS_ALLOW_LISTED, "allowed", allowed),
        (PREFIX_LISTS_ALLOW_LISTED, "allowed", allowed),
        (DB_INGRESS_ONLY_OWN_SITE, "clients", clients),
        (VPN_ROUTES_EXACT, "sites", sites),
    )
    # Without a level the SDK would make the rule advisory.
    return {
        rule.id: {"enforcementLevel": rule.level_in(Environment.PROD), name: list(_taken(rule, name, entries))}
        for rule, name, entries in permissions
    }


def _config(stack_file: Path) -> dict[str, Any]:
    try:
        content = read_yaml(stack_file) or {}
    except (yaml.YAMLError, UnicodeDecodeError):
        raise PolicyConfigError(stack_yaml.slip_in(stack_file)) from None
    return _section(_section(content).get("config"))


def _taken(rule: Rule, name: str, entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The entries that the rule's schema takes, and whose networks and days there are.

    The engine checks the schema before the program runs. So one slip in a stack file would end the run with the
    engine's words or the rule's, which name neither file nor key, and not with the program's; and the runs of the other
    stacks too.
    """
    schema = ((rule.config_schema and rule.config_schema.properties) or {})[name]["items"]
    for entry in entries:
        if (
            set(schema["required"]) <= set(entry) <= set(schema["properties"])
            and all(_is_text(value, schema["properties"][key]) for key, value in entry.items())
            and _has_real_values(entry)
        ):
            yield entry


def _is_text(value: Any, schema: Mapping[str, Any]) -> bool:
    return (
        isinstance(value, str)
        and len(value) >= schema.get("minLength", 0)
        and re.search(schema.get("pattern", ""), value) is not None
    )


def _has_real_values(entry: Mapping[str, str]) -> bool:
    try:
        ipaddress.ip_network(entry.get("cidr", "0.0.0.0/0"))
        datetime.date.fromisoformat(entry.get("expires", _NEVER))
    except ValueError:
        return False
    return True


def _section(value: Any) -> dict[str, Any]:
    """A section of a stack file; an empty one for anything else, which the program refuses."""
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


# The stack file's names of databases, and their ``System`` tags.
_DATABASES = {"site": SITE_DATABASE, "shared": SHARED_DATABASE}


def _clients(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Which other systems reach which database, by their ``System`` tags."""
    for satellite in _list(config.get("magento:satellites")):
        yield {"database": _DATABASES["shared"], "client": _section(satellite).get("name")}
    php_my_admin = _section(config.get("magento:php_my_admin"))
    if php_my_admin:
        for name in _list(php_my_admin.get("databases", ["shared"])):
            yield {"database": _DATABASES.get(str(name)), "client": PHP_MY_ADMIN}


def _sites(config: dict[str, Any]) -> Iterator[Any]:
    """The networks behind the VPN links."""
    for link in _list(config.get("magento:vpn_links")):
        yield from _list(_section(link).get("remote_cidrs"))


def _allowed(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for source in _list(_section(config.get("magento:gateway")).get("allowed")):
        # A day without quotes is a date to YAML, and Pulumi writes it back into the file with midnight's time.
        yield {**_section(source), "expires": str(_section(source).get("expires") or _NEVER)[:_DAY_LENGTH]}
