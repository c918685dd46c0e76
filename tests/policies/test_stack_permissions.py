"""The policies' allow list is the stack files' own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pulumi_policy import EnforcementLevel

from policies.engine.stack_permissions import initial_config
from policies.model.rule import PolicyConfigError
from policies.rules.network.allow_list import AllowList

RULE = "gateway-ingress-allow-listed"
STACK = """
config:
  magento:gateway:
    allowed:
      - {cidr: 192.0.2.0/28, owner: Client, reason: The client's offices, expires: 2999-01-31}
      - {cidr: 198.51.100.7/32, owner: Partner, reason: Fetches the orders}
"""


def _config(project: Path, rule: str = RULE) -> dict[str, Any]:
    config = initial_config(project)[rule]
    assert isinstance(config, dict)
    return config


def test_each_stack_files_entries_are_allowed(tmp_path: Path) -> None:
    """Of all stacks that have a gateway; an entry without a last day does not expire."""
    (tmp_path / "Pulumi.yaml").write_text("name: magento\n")
    (tmp_path / "Pulumi.prod.yaml").write_text(STACK)
    (tmp_path / "Pulumi.other.yaml").write_text(
        "config: {magento:gateway: {allowed: [{cidr: 203.0.113.1/32, owner: Client, reason: A second office}]}}\n"
    )
    (tmp_path / "Pulumi.preprod.yaml").write_text("config: {aws:region: eu-west-3}\n")
    (tmp_path / "Pulumi.empty.yaml").touch()
    allowed = _config(tmp_path)["allowed"]
    assert [(each["cidr"], each["expires"]) for each in allowed] == [
        ("203.0.113.1/32", "9999-12-31"),
        ("192.0.2.0/28", "2999-01-31"),
        ("198.51.100.7/32", "9999-12-31"),
    ]


def test_a_day_that_pulumi_wrote_is_a_day(tmp_path: Path) -> None:
    """When the CLI saves a stack file, it writes a day that had no quotes as Go writes times."""
    (tmp_path / "Pulumi.prod.yaml").write_text(STACK.replace("2999-01-31", "2999-01-31 00:00:00 +0000 UTC"))
    assert _config(tmp_path)["allowed"][0]["expires"] == "2999-01-31"


def test_the_rule_reads_what_it_is_given(tmp_path: Path) -> None:
    """The entries are whole for the policy, whose schema knows no other key and wants all four."""
    (tmp_path / "Pulumi.prod.yaml").write_text(STACK)
    entries = AllowList.from_config(_config(tmp_path)).entries
    assert [(str(each.ip_range), each.owner) for each in entries] == [
        ("192.0.2.0/28", "Client"),
        ("198.51.100.7/32", "Partner"),
    ]


def test_a_prefix_list_obeys_the_same_list(tmp_path: Path) -> None:
    """A range that the gateway may not allow is refused in a prefix list too."""
    (tmp_path / "Pulumi.prod.yaml").write_text(STACK)
    allowed = _config(tmp_path)["allowed"]
    assert allowed
    assert _config(tmp_path, "prefix-lists-allow-listed")["allowed"] == allowed


def test_satellites_and_phpmyadmin_reach_the_databases_of_their_stack(tmp_path: Path) -> None:
    """Satellites the shared one, phpMyAdmin what its config names; both in no other stack."""
    (tmp_path / "Pulumi.prod.yaml").write_text(
        "config: {magento:satellites: [{name: pim}], magento:php_my_admin: {databases: [shared, site]}}\n"
    )
    (tmp_path / "Pulumi.preprod.yaml").write_text(
        "config: {magento:php_my_admin: {size: {instance_type: t4g.small}}}\n"
    )
    (tmp_path / "Pulumi.other.yaml").write_text("config: {magento:client: client}\n")
    clients = _config(tmp_path, "db-ingress-only-own-site")["clients"]
    assert {tuple(each.values()) for each in clients} == {
        ("preprod", "shared-database", "phpmyadmin"),
        ("prod", "shared-database", "pim"),
        ("prod", "shared-database", "phpmyadmin"),
        ("prod", "database", "phpmyadmin"),
    }


def test_what_lies_behind_a_link_is_its_stacks(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text(
        "config: {magento:vpn_links: [{name: lan, remote_cidrs: [192.168.1.0/24, 192.168.2.0/24]}]}\n"
    )
    assert _config(tmp_path, "vpn-routes-exact")["sites"] == [
        {"stack": "prod", "cidr": "192.168.1.0/24"},
        {"stack": "prod", "cidr": "192.168.2.0/24"},
    ]


@pytest.mark.parametrize(
    "config",
    [
        "magento:gateway:",
        "magento:gateway: true",
        "magento:gateway: {allowed: }",
        "magento:gateway: {allowed: all}",
        "magento:gateway: {allowed: [192.0.2.0/28]}",
        "magento:gateway: {allowed: [{cidr: 192.0.2.0/28, reason: The client's offices}]}",
        "magento:gateway: {allowed: [{cidr: 192.0.2.0/28, owner: Client, reason: Offices}]}",
        "magento:gateway: {allowed: [{cidr: 192.0.2.0/28, owner: 5, reason: The client's offices}]}",
        "magento:gateway: {allowed: [{cidr: 192.0.2.0/28, owner: Client, reason: Its offices, expire: 2999-01-31}]}",
        "magento:gateway: {allowed: [{cidr: 192.0.2.0/28, owner: Client, reason: Its offices, expires: soon}]}",
        "magento:gateway: {allowed: [{cidr: office, owner: Client, reason: The client's offices}]}",
        "magento:gateway: {allowed: [{cidr: 192.0.2.1/28, owner: Client, reason: The client's offices}]}",
        "magento:gateway: {allowed: [{cidr: 192.0.2.0/28, owner: Client, reason: Its offices, expires: '2999-02-30'}]}",
        "magento:satellites:",
        "magento:satellites: [pim]",
        "magento:satellites: [{php: '8.4'}]",
        "magento:satellites: [{name: 5}]",
        "magento:php_my_admin: true",
        "magento:php_my_admin: {databases: }",
        "magento:php_my_admin: {databases: shared}",
        "magento:php_my_admin: {databases: [{name: shared}]}",
        "magento:vpn_links: [lan]",
        "magento:vpn_links: [{name: lan}]",
        "magento:vpn_links: [{name: lan, remote_cidrs: 192.168.1.0/24}]",
        "magento:vpn_links: [{name: lan, remote_cidrs: [5]}]",
        "magento:vpn_links: [{name: lan, remote_cidrs: [warehouse]}]",
    ],
)
def test_an_entry_with_a_slip_permits_nothing_and_leaves_the_error_to_the_program(tmp_path: Path, config: str) -> None:
    """The pack ended with a traceback, or the engine with its words about the pack's config, before the program ran;
    and a run of preprod ended with words about an entry of prod's file, which they did not name."""
    (tmp_path / "Pulumi.prod.yaml").write_text(f"config:\n  {config}\n")
    for rule in initial_config(tmp_path).values():
        assert isinstance(rule, dict)
        assert [value for name, value in rule.items() if name != "enforcementLevel"] == [[]]


def test_a_stack_file_that_is_not_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    """The pack reads the files of all stacks, and the Pulumi CLI only that of its own."""
    (tmp_path / "Pulumi.preprod.yaml").write_text("config:\n  magento:gateway: [\n")
    with pytest.raises(PolicyConfigError, match=r"Pulumi\.preprod\.yaml, line 2: got "):
        initial_config(tmp_path)


def test_a_copy_of_a_stack_file_is_another_stack(tmp_path: Path) -> None:
    """`Pulumi.prod.yesterday.yaml` took the place of `Pulumi.prod.yaml`."""
    links = "config: {magento:vpn_links: [{name: lan, remote_cidrs: [192.168.1.0/24]}]}\n"
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {}\n")
    (tmp_path / "Pulumi.prod.yesterday.yaml").write_text(links)
    assert [each["stack"] for each in _config(tmp_path, "vpn-routes-exact")["sites"]] == ["prod.yesterday"]


def test_the_rules_stay_mandatory(tmp_path: Path) -> None:
    """A pack's config that names no level would make them advisory."""
    assert {each["enforcementLevel"] for each in initial_config(tmp_path).values() if isinstance(each, dict)} == {
        EnforcementLevel.MANDATORY
    }
