"""The requirements on what reaches what, computed from the deployed platform by `./shop reach`."""

from __future__ import annotations

import json
import re
import subprocess
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from reachability.app import app
from sandbox.tests.platform import REPOSITORY, Platform
from tests.platform.test_rows import security_group_names, vpc

PAGE = (REPOSITORY / "docs" / "reachability.md").read_text()
CONFIG = yaml.safe_load((REPOSITORY / "Pulumi.prod.yaml").read_text())["config"]
SATELLITES = [f"prod-{each['name']}" for each in CONFIG["magento:satellites"]]
ALLOWED = {each["cidr"] for each in CONFIG["magento:gateway"]["allowed"]}
PHP_MY_ADMIN = CONFIG["magento:php_my_admin"]["databases"]
OUTSIDE = {"internet", "address range", "remote network"}
SITES = ["prod", "preprod"]
EXAMPLES = textwrap.dedent("\n".join(re.findall(r"^(?:    .*)?$", PAGE, re.MULTILINE)))


class Reach:
    """What the command printed as JSON."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.kinds = {each["name"]: each["kind"] for each in document["places"]}

    def sources(self, target: str) -> dict[str, list[str]]:
        """The sources that reach a place, each with its ports."""
        assert target in self.kinds
        return {each["from"]: each["traffic"] for each in self.document["reach"] if each["to"] == target}

    def targets(self, source: str) -> dict[str, list[str]]:
        """The targets that a place reaches, each with its ports."""
        assert source in self.kinds
        return {each["to"]: each["traffic"] for each in self.document["reach"] if each["from"] == source}

    def from_outside(self, target: str) -> set[str]:
        return {each for each in self.sources(target) if self.kinds[each] in OUTSIDE}


def command(platform: Platform, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`./shop reach …` in a shell that has sourced `.sandbox/env`."""
    return subprocess.run(
        ["./shop", "reach", *arguments],
        cwd=platform.project,
        env=dict(platform.environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def ask(platform: Platform, *arguments: str) -> Reach:
    """What the command says as JSON, without the start of a process: half of its time is imports."""
    ran = CliRunner().invoke(app, ["--json", *arguments], env=platform.environment, catch_exceptions=False)
    assert ran.exit_code == 0, ran.stderr
    return Reach(json.loads(ran.stdout))


@pytest.fixture(scope="module")
def reach(platform: Platform) -> Reach:
    """The platform as it was brought up."""
    return ask(platform)


def only_the_site_reaches_its_database(reach: Reach) -> None:
    """ "Only the production website connects with the production database", and pre-production's with its own; and
    phpMyAdmin where config says so."""
    for site in SITES:
        people = {"prod-phpmyadmin-server"} if site == "prod" and "site" in PHP_MY_ADMIN else set()
        sources = reach.sources(f"{site}-site-database")
        assert set(sources) == {f"{site}-front", f"{site}-back-office"} | people
        assert all(traffic == ["tcp 3306"] for traffic in sources.values())


def only_satellites_reach_the_shared_database(reach: Reach) -> None:
    """ "The third database shared is by the PIM and the Custom Connection application", the connector, and phpMyAdmin
    where config says so."""
    people = {"prod-phpmyadmin-server"} if "shared" in PHP_MY_ADMIN else set()
    assert set(reach.sources("prod-shared-database")) == set(SATELLITES) | people


def only_the_site_reaches_its_cache_search_and_files(reach: Reach) -> None:
    for site in SITES:
        for name, traffic in (("cache", "tcp 6379"), ("search", "tcp 443"), ("files", "tcp 2049")):
            expected = {f"{site}-front": [traffic], f"{site}-back-office": [traffic]}
            assert reach.sources(f"{site}-site-{name}") == expected


def only_listed_addresses_reach_the_gateway(reach: Reach) -> None:
    """ "The security group is a whitelisting of IP addresses": no other source, from outside or inside."""
    assert set(reach.sources("prod-gateway-server")) == ALLOWED


def the_internet_reaches_the_shops_and_the_vpn(reach: Reach) -> None:
    """And so no SMB, Remote Desktop, Rundeck, phpMyAdmin, NFS, database or instance of a site."""
    expected = {f"{site}-site-load-balancer": ["tcp 80", "tcp 443"] for site in SITES}
    expected |= {f"{satellite}-load-balancer": ["tcp 80"] for satellite in SATELLITES}
    assert reach.targets("internet") == expected | {"prod-vpn-server": ["udp 1194"]}


def nothing_from_outside_reaches_what_is_private(reach: Reach) -> None:
    """Neither listed addresses nor the places behind the IPSec links reach a private server but through others."""
    for name in ("windows", "rundeck-server", "phpmyadmin-server", "site-files", "front", "back-office", *SATELLITES):
        assert not reach.from_outside(f"prod-{name.removeprefix('prod-')}")


def people_on_the_vpn_reach_what_they_work_with(reach: Reach) -> None:
    """The server masquerades its clients: what it reaches is what they do, beside what everybody reaches."""
    everybody = reach.targets("internet")
    inside = {name: traffic for name, traffic in reach.targets("prod-vpn-server").items() if name not in everybody}
    assert {name: traffic for name, traffic in inside.items() if reach.kinds[name] not in OUTSIDE} == {
        "prod-windows": ["tcp 3389"],
        "prod-rundeck-server": ["tcp 4440"],
        "prod-phpmyadmin-server": ["tcp 80"],
    }
    assert {reach.kinds[name] for name in inside} & OUTSIDE == {"internet", "remote network"}


def ftp_of_custom_connection_comes_only_from_the_gateway(reach: Reach) -> None:
    """ "It goes through a gateway server that only exposes the required ftp ports"."""
    assert reach.sources("prod-custom-connection") == {
        "prod-gateway-server": ["tcp 21", "tcp 5000-5100"],
        "prod-custom-connection-load-balancer": ["tcp 80"],
    }


def only_gateway_and_vpn_reach_windows(reach: Reach) -> None:
    assert reach.sources("prod-windows") == {
        "prod-gateway-server": ["tcp 21", "tcp 445", "tcp 2048-4096", "tcp 8700-8800"],
        "prod-vpn-server": ["tcp 3389"],
    }


# Each sentence with a rule that makes it untrue: of which group, for whom, on which port.
SENTENCES = [
    (
        only_the_site_reaches_its_database,
        "client-prod-site-database-access",
        "client-preprod-site-front-instances",
        3306,
    ),
    (only_satellites_reach_the_shared_database, "client-prod-shared-database-access", "10.0.0.0/16", 3306),
    (
        only_the_site_reaches_its_cache_search_and_files,
        "client-preprod-site-files-access",
        "client-prod-pim-instances",
        2049,
    ),
    (only_listed_addresses_reach_the_gateway, "client-prod-gateway-server-access", "203.0.113.0/28", 445),
    (the_internet_reaches_the_shops_and_the_vpn, "client-prod-gateway-server-access", "0.0.0.0/0", 3389),
    (nothing_from_outside_reaches_what_is_private, "client-prod-rundeck-server-access", "192.168.10.0/24", 4440),
    (people_on_the_vpn_reach_what_they_work_with, "client-prod-site-front-instances", "10.0.1.0/24", 22),
    (
        ftp_of_custom_connection_comes_only_from_the_gateway,
        "client-prod-custom-connection-instances",
        "client-prod-vpn-server-access",
        21,
    ),
    (only_gateway_and_vpn_reach_windows, "client-prod-windows-access", "192.168.20.0/24", 445),
]
NAMES = [sentence.__name__ for sentence, *_ in SENTENCES]


@contextmanager
def opened(platform: Platform, group: str, who: str, port: int) -> Iterator[None]:
    """One more rule, as a person would add it in the console."""
    ec2, ids = platform.client("ec2"), {name: id for id, name in security_group_names(platform).items()}
    source = {"IpRanges": [{"CidrIp": who}]} if "/" in who else {"UserIdGroupPairs": [{"GroupId": ids[who]}]}
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}
    ec2.authorize_security_group_ingress(GroupId=ids[group], IpPermissions=[rule])
    try:
        yield
    finally:
        ec2.revoke_security_group_ingress(GroupId=ids[group], IpPermissions=[rule])


@pytest.mark.parametrize("sentence", [sentence for sentence, *_ in SENTENCES], ids=NAMES)
def test_the_deployed_platform_keeps_the_notes_sentence(reach: Reach, sentence: Callable[[Reach], None]) -> None:
    sentence(reach)


@pytest.mark.parametrize(("sentence", "group", "who", "port"), SENTENCES, ids=NAMES)
def test_a_rule_too_many_is_seen(
    platform: Platform, reach: Reach, sentence: Callable[[Reach], None], group: str, who: str, port: int
) -> None:
    """Added by hand in AWS it makes its sentence untrue."""
    sentence(reach)
    with opened(platform, group, who, port), pytest.raises(AssertionError):
        sentence(ask(platform))


def test_rules_taken_away_leave_everything_as_it_was(platform: Platform, reach: Reach) -> None:
    assert ask(platform).document == reach.document


def test_the_vpn_reaches_every_subnet(platform: Platform) -> None:
    """ "All subnets are accessible when connected to this VPN": the network carries all of it to each of the six."""
    reached = {
        each["to"]: each["traffic"]
        for tier in ("public-", "private-")
        for each in ask(platform, "--from", "vpn-server", "--to", tier).document["reach"]
    }
    assert reached == {f"prod-{tier}-{letter}": ["all"] for tier in ("public", "private") for letter in "abc"}


def test_a_network_acl_between_the_vpn_and_a_subnet_is_seen(platform: Platform) -> None:
    """A line that refuses the VPN server's subnet, before the line that lets everything in."""
    ec2 = platform.client("ec2")
    mine = [{"Name": "vpc-id", "Values": [vpc(platform)["VpcId"]]}]
    [acl] = ec2.describe_network_acls(Filters=mine)["NetworkAcls"]
    line = {"NetworkAclId": acl["NetworkAclId"], "RuleNumber": 50, "Egress": False}
    ec2.create_network_acl_entry(**line, Protocol="-1", RuleAction="deny", CidrBlock="10.0.1.0/24")
    try:
        [reached] = ask(platform, "--from", "vpn-server", "--to", "private-b").document["reach"]
        assert reached["traffic"] == []
    finally:
        ec2.delete_network_acl_entry(**line)


def test_a_link_has_routes_back_from_every_subnet(platform: Platform, reach: Reach) -> None:
    """Private servers reach what lies behind each link; without its route in the table, that subnet's do not."""
    links = [name for name, kind in reach.kinds.items() if kind == "remote network"]
    assert links == ["prod-vpn-cetsi", "prod-vpn-lan", "prod-vpn-ml"]
    for server in ("prod-windows", "prod-front", "prod-gateway-server"):
        assert set(links) <= set(reach.targets(server))
    ec2 = platform.client("ec2")
    named = [{"Name": "tag:Name", "Values": ["client-prod-private-a"]}]
    [table] = ec2.describe_route_tables(Filters=named)["RouteTables"]
    learned = {"RouteTableId": table["RouteTableId"], "GatewayId": table["PropagatingVgws"][0]["GatewayId"]}
    ec2.disable_vgw_route_propagation(**learned)
    try:
        without = ask(platform)
        assert not set(links) & set(without.targets("prod-windows"))
        assert set(links) <= set(without.targets("prod-gateway-server"))
    finally:
        ec2.enable_vgw_route_propagation(**learned)


def test_equal_instances_are_one_place(reach: Reach) -> None:
    """Four front instances are one place, and each satellite's load balancer differs from its instance."""
    members = {each["name"]: each["members"] for each in reach.document["places"]}
    assert (members["prod-front"], members["preprod-front"]) == (4, 1)
    assert {f"{satellite}-load-balancer" for satellite in SATELLITES} < members.keys()


def test_it_shows_what_blocks(platform: Platform) -> None:
    """From the internet to Rundeck: everything that blocks, and the only relay that could pass it on."""
    ran = command(platform, "--from", "internet", "--to", "rundeck")
    assert ran.returncode == 0
    assert ran.stdout.startswith("internet → prod-rundeck-server: nothing\n")
    assert re.sub(r"\b(\w+)-[0-9a-f]{17}\b", r"\1-…", ran.stdout.strip()) in EXAMPLES
    assert ran.stdout.count("✗") == 3
    assert "internet → prod-vpn-server → prod-rundeck-server" in ran.stdout


def test_the_matrix_is_printed(platform: Platform) -> None:
    """Plain text of at most 100 columns: one block for each target."""
    ran = command(platform, "--client", "client", "--region", "eu-west-3")
    assert ran.returncode == 0
    assert "prod-rundeck-server" in ran.stdout
    blocks = [each.strip() for each in EXAMPLES.split("\n\n") if " from " in each]
    assert len(blocks) == 5
    assert set(blocks) <= set(ran.stdout.split("\n\n"))
    assert "8700-8800" in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= 100
    assert "\x1b" not in ran.stdout


@pytest.mark.parametrize(
    "arguments", [["--vpc", "vpc-0"], ["--client", "nobody"], ["--from", "nobody"], ["--to", "nobody"]]
)
def test_an_unknown_network_or_place_is_wrong_usage(platform: Platform, arguments: list[str]) -> None:
    """One clear line, nothing on standard output, and exit code 2."""
    ran = command(platform, *arguments)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert "expected" in ran.stderr
