"""What a stack has is config: taking one thing out, or putting one more in, touches no code and nothing else.

Whole programs take seconds to build, so that several things go at once where they have nothing to do with each other.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import pytest

from settings.stack_file import SettingsError
from tests.unit.graph import Graph
from tests.unit.graph_differences import differences, only_in_one
from tests.unit.program import build_program, program, stack_config

Config = dict[str, Any]
SHIPPED = stack_config("prod")
CORE = {"client", "environment", "protect", "network", "domains", "certificate", "buckets", "shared_database", "site"}
"""What no stack with a network of its own can be without."""
LISTS = {"satellites", "vpn_links"}
SECTIONS = {
    "vpn_access",
    "rundeck",
    "php_my_admin",
    "windows",
    "gateway",
    "file_server",
    "content_delivery",
    "monitoring",
    "cost_report",
    "session_manager",
    "backups",
    "releases",
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing less, or more. ``named`` finds what is the thing's own by its name, whether a resource, an element of
    a list or an export; ``touched`` what else may differ, as ``resource.property``. Both are regular expressions."""

    what: str
    apply: Callable[[Config], None]
    named: str
    touched: tuple[str, ...] = ()


def entries(config: Config, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = config[f"magento:{key}"]
    return found


BEHIND_THE_GATEWAY = [each["name"] for each in entries(SHIPPED, "satellites") if "ftp" in each]


def forwards_to(target: str) -> list[dict[str, Any]]:
    """The shipped forwards to a server, by its own name without the domain."""
    return [each for each in SHIPPED["magento:gateway"]["forwards"] if each["target"].startswith(f"{target}.")]


def drop_forwards(config: Config, target: str) -> None:
    gateway = config["magento:gateway"]
    gateway["forwards"] = [each for each in gateway["forwards"] if not each["target"].startswith(f"{target}.")]


def rules_for(forwards: Sequence[Mapping[str, Any]]) -> str:
    """The names of the gateway's rules for what is forwarded, its own and the target's."""
    ports = {str(port) for each in forwards for port in (*each["ports"], each.get("passive_ports")) if port}
    either = "|".join(sorted(ports))
    return rf"^(gateway-server-access-from-)?[\d.]+-\d+-to-({either})$"


COMPARED = r"shared_platform\.(public|internal)_records\..*|standing_settings\..*"
"""The exports of what records there are, and of what the next run compares: with a thing, its entries go."""
RELEASED = r"releases-(rights\.policy|stack-file\.content)"
"""What the release role may do, and what the release tool is told: both name each environment and the topic."""
# Where the gateway says what it forwards.
GATEWAYS_OWN = (r"gateway-server-configuration\.value",)
FILE_SERVERS_OWN = (
    r"site-files-configuration\.value",
    r"site-(front|back-office)-environment\.settings\..*/MAGENTO_NFS_SHARES",
)


def without_satellite(name: str) -> Change:
    def apply(config: Config) -> None:
        config["magento:satellites"] = [each for each in entries(config, "satellites") if each["name"] != name]
        drop_forwards(config, name)

    forwards = forwards_to(name)
    named = rf"\b{name}(-|$)"
    return Change(
        what=name,
        apply=apply,
        named=f"{named}|{rules_for(forwards)}" if forwards else named,
        touched=GATEWAYS_OWN if forwards else (),
    )


def without_link(name: str) -> Change:
    def apply(config: Config) -> None:
        config["magento:vpn_links"] = [each for each in entries(config, "vpn_links") if each["name"] != name]

    # Clients of the VPN get routes to what lies behind the links.
    return Change(
        what=name,
        apply=apply,
        named=rf"vpn-{name}(-|$)|^vpn_configurations\.{name}$",
        touched=(r"vpn-server-configuration\.value",),
    )


def without_share(name: str) -> Change:
    def apply(config: Config) -> None:
        server = config["magento:file_server"]
        server["shares"] = [each for each in server["shares"] if each["name"] != name]

    return Change(what=name, apply=apply, named=rf"(^|^site-files-){name}(-attachment)?$", touched=FILE_SERVERS_OWN)


def without_section(key: str, named: str, *touched: str) -> Change:
    return Change(what=key, apply=lambda config: config.update({f"magento:{key}": None}), named=named, touched=touched)


def without_windows() -> Change:
    def apply(config: Config) -> None:
        config["magento:windows"] = None
        drop_forwards(config, "windows")

    return Change(
        what="windows", apply=apply, named=f"windows|{rules_for(forwards_to('windows'))}", touched=GATEWAYS_OWN
    )


def without_gateway() -> Change:
    """And so without all that is reached through it alone."""

    def apply(config: Config) -> None:
        config |= {"magento:gateway": None, "magento:windows": None}
        for satellite in entries(config, "satellites"):
            satellite.pop("ftp", None)

    names = "|".join(BEHIND_THE_GATEWAY)
    return Change(
        what="gateway",
        apply=apply,
        named=rf"gateway|windows|({names})-ftp|^ftp_secrets\.({names})$",
        # What named the FTP server to the satellite's instance, and let it read the password.
        touched=(rf"({names})-environment\.settings\..*/(FTP|INTERNAL)_\w+", rf"({names})-instance-policy\.policy"),
    )


SERVERS = [
    without_section(
        "vpn_access", r"^vpn(-|$)|-from-vpn$|server-vpn|^servers\.vpn|^vpn_address|-vpn-(certificates|authority)$"
    ),
    without_section("rundeck", "rundeck"),
    without_section("php_my_admin", "phpmyadmin"),
    without_windows(),
]
APART = [
    without_section(
        "file_server",
        r"site-files|server-nfs|^servers\.nfs|^file_server",
        r"site-(front|back-office)-environment\.settings\..*/MAGENTO_NFS_\w+",
    ),
    without_section("content_delivery", "^content|_distribution$", r"site-configuration-env\.content"),
    without_section("monitoring", "^monitoring|^alarm_topic$|^dashboard$|^release_alarms$"),
    without_section("cost_report", "cost-report$"),
    without_section("session_manager", "session-manager(-records|-preferences)?$"),
    without_section("backups", "^backup"),
]


def together(*lists: Sequence[Change]) -> Iterator[tuple[Change, ...]]:
    """One of each list at a time, until all are through."""
    for changes in zip_longest(*lists):
        yield tuple(change for change in changes if change is not None)


REMOVALS = [
    *together(
        [without_satellite(each["name"]) for each in entries(SHIPPED, "satellites")],
        [without_link(each["name"]) for each in entries(SHIPPED, "vpn_links")],
        [without_share(each["name"]) for each in SHIPPED["magento:file_server"]["shares"]],
        SERVERS,
    ),
    tuple(APART),
    (without_gateway(), without_section("releases", r"^releases(-|$)|^(refresh_source|release_(role|stack_file))$")),
]


def changed(changes: Sequence[Change]) -> Graph:
    config = copy.deepcopy(SHIPPED)
    for change in changes:
        change.apply(config)
    return build_program("prod", config={key: value for key, value in config.items() if value != SHIPPED[key]})


def own(changes: Sequence[Change], name: str) -> bool:
    return any(re.search(change.named, name) for change in changes)


def strangers(changes: Sequence[Change], before: Graph, after: Graph) -> list[str]:
    """What differs between two graphs and is neither of the changes' own nor refers to them."""
    touched = [COMPARED, RELEASED, *(pattern for change in changes for pattern in change.touched)]
    unexpected = [each for each in only_in_one(before, after) if not own(changes, each)]
    unexpected = [each for each in unexpected if not re.fullmatch(COMPARED, each)]
    for path in differences(before, after):
        _, is_element, element = path.partition("[]")
        if not (own(changes, element if is_element else path) or any(re.fullmatch(each, path) for each in touched)):
            unexpected.append(path)
    return sorted(unexpected)


@pytest.mark.parametrize("changes", REMOVALS, ids=lambda changes: "+".join(each.what for each in changes))
def test_removing_one_thing_takes_only_configuration(changes: tuple[Change, ...]) -> None:
    """Its own resources go, and what the others made of it (rules, routes, alarms); all else is asked for as before."""
    before, after = program("prod"), changed(changes)
    gone = {each.name for each in before.resources} - {each.name for each in after.resources}
    assert not {each.name for each in after.resources} - {each.name for each in before.resources}
    for change in changes:
        assert any(re.search(change.named, name) for name in gone), f"nothing went with {change.what}"
    unexpected = strangers(changes, before, after)
    assert unexpected == []


def test_adding_one_thing_takes_only_configuration() -> None:
    """A further satellite, link, share and forward each get what their sisters have, and nothing else changes."""
    satellite = {**entries(SHIPPED, "satellites")[0], "name": "loyalty"}
    link = {
        **entries(SHIPPED, "vpn_links")[0],
        "name": "annex",
        "peer_address": "203.0.113.77",
        "remote_cidrs": ["192.168.77.0/24"],
    }
    share = {**SHIPPED["magento:file_server"]["shares"][-1], "name": "magento-import", "path": "var/import"}
    forward = {"name": "windows-api", "ports": [9443], "target": "windows.internal-client.url"}

    def more(key: str, entry: dict[str, Any]) -> Callable[[Config], None]:
        return lambda config: entries(config, key).append(entry)

    additions = (
        Change(what="satellite", apply=more("satellites", satellite), named=r"\bloyalty(-|$)"),
        Change(
            what="link",
            apply=more("vpn_links", link),
            named=r"vpn-annex(-|$)|^vpn_configurations\.annex$",
            touched=(r"vpn-server-configuration\.value",),
        ),
        Change(
            what="share",
            apply=lambda config: config["magento:file_server"]["shares"].append(share),
            named=r"(^|^site-files-)magento-import(-attachment)?$",
            touched=FILE_SERVERS_OWN,
        ),
        Change(
            what="forward",
            apply=lambda config: config["magento:gateway"]["forwards"].append(forward),
            named=r"-to-9443$|gateway-9443$|^windows-api$",
            touched=(*GATEWAYS_OWN, r"windows-configuration\.value"),
        ),
    )
    before, after = program("prod"), changed(additions)
    unexpected = strangers(additions, before, after)
    assert unexpected == []
    old, new = ({each.name for each in graph.resources} for graph in (before, after))
    assert old < new
    elder = {"loyalty": entries(SHIPPED, "satellites")[0]["name"], "vpn-annex": "vpn-lan"}
    for name, sister in elder.items():
        hers = {each.replace(sister, name) for each in old if sister in each}
        routes = {each for each in new - old if name in each}
        assert {re.sub(r"-to-[\d.]+-\d+$", "", each) for each in routes} == {
            re.sub(r"-to-[\d.]+-\d+$", "", each) for each in hers
        }
    assert {"site-files-magento-import", "operations-windows-access-from-gateway-9443"} <= new - old


@pytest.mark.parametrize(
    ("key", "entry", "field"),
    [
        ("windows", None, "gateway.forwards.0.target"),
        ("gateway", None, "magento:gateway: missing"),
        ("shared_database", None, "magento:shared_database: missing"),
        *(
            ("satellites", each["name"], "gateway.forwards.")
            for each in entries(SHIPPED, "satellites")
            if "ftp" in each
        ),
    ],
)
def test_what_others_refer_to_is_not_removed_without_them(key: str, entry: str | None, field: str) -> None:
    """The error names the field that still refers to it, or that something else needs."""
    left = None if entry is None else [each for each in entries(SHIPPED, key) if each["name"] != entry]
    with pytest.raises(SettingsError, match=re.escape(field)):
        build_program("prod", config={f"magento:{key}": left})


def test_every_key_of_the_shipped_stack_is_taken_out_somewhere() -> None:
    """A section that is new, and that a stack can be without, belongs in the list above."""
    keys = {key.removeprefix("magento:") for key in stack_config("prod") if key.startswith("magento:")}
    assert keys == CORE | LISTS | SECTIONS
    taken_out = {change.what for changes in REMOVALS for change in changes}
    names = {each["name"] for key in LISTS for each in entries(SHIPPED, key)}
    assert taken_out >= SECTIONS | names | {each["name"] for each in SHIPPED["magento:file_server"]["shares"]}
