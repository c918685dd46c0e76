"""Stack files with one fault each, and the line that says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from settings import stack_file
from tests.unit.program import build, stack_config

GRAMMAR = re.compile(
    r"[a-z]+:[A-Za-z0-9_.*-]+: (missing|got \S.*), expected (?!expected)(?:(?!\. ).)+(?<!\.)(\. [A-Z].*[.?])?"
)
"""The path, what it got and what it expected; then at most one sentence about how to correct it."""


def refused(stack: str, change: Callable[[dict[str, Any]], None], secret: frozenset[str] = frozenset()) -> list[str]:
    """The lines of the error about a shipped stack file with a change to it."""
    config = stack_config(stack)
    change(config)
    with pytest.raises(stack_file.SettingsError) as error:
        build(lambda: stack_file.load(), stack=stack, config=config, secret_keys=secret)
    first, *lines = str(error.value).splitlines()
    assert first == f"Pulumi.{stack}.yaml is invalid:"
    stripped = [line.strip() for line in lines]
    assert [line for line in stripped if not GRAMMAR.fullmatch(line)] == []
    return stripped


def put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Set one value, by its dotted path under the project's namespace."""

    def change(config: dict[str, Any]) -> None:
        top, *rest = path.split(".")
        if not rest:
            config[f"magento:{top}"] = value
            return
        target = config[f"magento:{top}"]
        for key in rest[:-1]:
            target = target[int(key)] if key.isdecimal() else target[key]
        if isinstance(target, list):
            target[int(rest[-1])] = value
        else:
            target[rest[-1]] = value

    return change


def leave_out(path: str) -> Callable[[dict[str, Any]], None]:
    """Take one key out, by its dotted path under the project's namespace."""

    def change(config: dict[str, Any]) -> None:
        *parents, last = f"magento:{path}".split(".")
        target: Any = config
        for key in parents:
            target = target[int(key)] if key.isdecimal() else target[key]
        del target[last]

    return change


def shares(count: int) -> list[dict[str, Any]]:
    return [{"name": f"share-{number}", "path": f"share{number}", "size_gib": 1} for number in range(count)]


PORTS = "expected a port such as 3389 or a range such as 8700-8800, from 1 to 65535"
NETWORK = "expected an IPv4 network without host bits, such as 192.0.2.0/24"
VPC = "expected a private network of /16 or /17, such as 10.0.0.0/16"
ADDRESS = "expected an IPv4 address, such as 192.0.2.10"
OF_ONE_SECTION: list[tuple[str, Any, str]] = [
    (
        "network.cird",
        "10.0.0.0/16",
        "network.cird: got an unknown key, expected one of cidr, zones, nat_gateways, flow_log_retention_days. "
        "Did you mean cidr?",
    ),
    (
        "site.front.instance",
        4,
        "site.front.instance: got an unknown key, expected one of instances, instance_types, root_volume_gib. "
        "Did you mean instances?",
    ),
    (
        "site.cache.size",
        4,
        "site.cache.size: got an unknown key, expected one of engine_version, node_type, nodes, apply_changes",
    ),
    ("network.cidr", "10.0.0.0/20", f'network.cidr: got "10.0.0.0/20", {VPC}'),
    ("network.cidr", "8.8.0.0/16", f'network.cidr: got "8.8.0.0/16", {VPC}'),
    ("network.cidr", "ten", f'network.cidr: got "ten", {NETWORK}'),
    (
        "network.cidr",
        "10.0.1.0/16",
        f'network.cidr: got "10.0.1.0/16", {NETWORK}. The network that holds 10.0.1.0/16 is 10.0.0.0/16.',
    ),
    (
        "network.nat_gateways",
        "two",
        'network.nat_gateways: got "two", expected one of one-per-zone, single',
    ),
    # Instances in private subnets could install nothing and reach no service of AWS but S3.
    ("network.nat_gateways", "none", 'network.nat_gateways: got "none", expected one of one-per-zone, single'),
    (
        "network.stack",
        "prod",
        'network: got {"cidr": "10.0.0.0/16", "nat_gateways": "one-per-zone", "stack": "prod"}, expected either cidr, '
        "for a network of its own, or stack, for the network of that stack",
    ),
    ("network", "prod", 'network: got "prod", expected a section with keys'),
    (
        "network.flow_log_retention_days",
        91,
        "network.flow_log_retention_days: got 91, expected one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, "
        "545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653",
    ),
    ("network.zones", ["a"], "network.zones: got 1 entry, expected 2 entries or more"),
    ("network.zones", ["a", "a", "b"], 'network.zones: got ["a", "a", "b"], expected each zone once'),
    (
        "network.zones",
        ["a", "3b"],
        'network.zones.1: got "3b", expected the letter of an availability zone, such as a',
    ),
    (
        "vpn_links.0.remote_cidrs",
        ["192.0.2.0/20"],
        f'vpn_links.0.remote_cidrs.0: got "192.0.2.0/20", {NETWORK}. '
        "The network that holds 192.0.2.0/20 is 192.0.0.0/20.",
    ),
    ("vpn_links.0.peer_address", "192.0.2.300", f'vpn_links.0.peer_address: got "192.0.2.300", {ADDRESS}'),
    (
        "domains.public",
        "192.0.2.300",
        'domains.public: got "192.0.2.300", expected a domain name in lower case, such as client.url',
    ),
    (
        "domains.internal",
        "client.url",
        'domains.internal: got "client.url", expected a domain other than domains.public',
    ),
    (
        "certificate.domain",
        "client.url",
        'certificate.domain: got "client.url", expected a wildcard, such as *.client.url',
    ),
    ("site.front.instances", 0, "site.front.instances: got 0, expected 1 to 10000"),
    ("site.front.instances", "four", 'site.front.instances: got "four", expected a whole number'),
    ("site.front.instances", 1.5, "site.front.instances: got 1.5, expected a whole number"),
    (
        "site.front.instance_types",
        ["c7g.large", "c7i.large"],
        'site.front.instance_types: got ["c7g.large", "c7i.large"], expected one or more types of one architecture, '
        "such as c7g.xlarge and c8g.xlarge",
    ),
    ("site.front.instance_types", "c7g.large", 'site.front.instance_types: got "c7g.large", expected a list'),
    ("site.front", "large", 'site.front: got "large", expected a section with keys'),
    ("site.access_logs", "no", 'site.access_logs: got "no", expected true or false'),
    (
        "site.cache.engine_version",
        8.1,
        'site.cache.engine_version: got 8.1, expected text. Quote it: "8.1".',
    ),
    (
        "site.database.engine_version",
        "8.0",
        'site.database.engine_version: got "8.0", expected MySQL 8.4 with Magento 2.4.8. '
        "Magento 2.4.8 is supported with php 8.3 or 8.4; mysql 8.4; valkey 8; opensearch 3.",
    ),
    (
        "site.magento_version",
        "2.4.7",
        'site.magento_version: got "2.4.7", expected one of 2.4.8, 2.4.9, with or without a patch level such as -p5',
    ),
    ("site.database.backup_retention_days", 36, "site.database.backup_retention_days: got 36, expected 1 to 35"),
    (
        "site.back_office",
        {"instances": 2, "instance_types": ["c7g.xlarge"], "root_volume_gib": 40, "additional_batch": True},
        "site.back_office.instances: got 2, expected 1 with additional_batch",
    ),
    (
        "site.database.max_storage_gib",
        549,
        "site.database.max_storage_gib: got 549, expected 550 or more, 10 % above storage_gib (500)",
    ),
    (
        "site.database.instance_class",
        "r7g.4xlarge",
        'site.database.instance_class: got "r7g.4xlarge", expected a class of RDS for MySQL, such as db.r8g.4xlarge',
    ),
    ("site.database.storage_gib", -5, "site.database.storage_gib: got -5, expected 20 to 65536"),
    (
        "site.cache.node_type",
        "r7g.large",
        'site.cache.node_type: got "r7g.large", expected a node type of ElastiCache, such as cache.r7g.large',
    ),
    (
        "site.search.instance_type",
        "r7g.large",
        'site.search.instance_type: got "r7g.large", expected an instance type of OpenSearch, such as r7g.large.search',
    ),
    (
        "windows.size.root_volume_gib",
        29,
        "windows.size.root_volume_gib: got 29, expected 30 or more, the size of Windows Server's image",
    ),
    ("site.cache.nodes", 0, "site.cache.nodes: got 0, expected 1 to 6"),
    ("site.host_names", [], "site.host_names: got 0 entries, expected 1 to 3 entries"),
    (
        "site.host_names",
        ["client.url/shop"],
        'site.host_names.0: got "client.url/shop", expected a domain name in lower case, such as client.url',
    ),
    (
        "site.health_check_path",
        "pub",
        'site.health_check_path: got "pub", expected a path that begins with /, as in a URL',
    ),
    (
        "buckets.3.expire_after_days",
        None,
        "buckets.3.expire_after_days: missing, expected a number of days for a temporary bucket",
    ),
    (
        "buckets.2.expire_after_days",
        None,
        "buckets.2.expire_after_days: missing, expected a number of days for a load-balancer-logs bucket",
    ),
    (
        "buckets.0.name",
        "Client_Billing",
        'buckets.0.name: got "Client_Billing", expected 3 to 63 lower-case letters, digits, dots, hyphens',
    ),
    ("windows.volumes", [], "windows.volumes: got 0 entries, expected 1 to 11 entries"),
    ("windows.volumes.1.drive_letter", "D", 'windows.volumes: got ["D"], expected each drive_letter once'),
    ("windows.volumes.1.name", "application", 'windows.volumes: got ["application"], expected each name once'),
    ("windows.volumes.0.size_gib", 0, "windows.volumes.0.size_gib: got 0, expected 1 to 65536"),
    (
        "windows.ftp_passive_ports",
        "1-4096",
        'windows.ftp_passive_ports: got "1-4096", expected a range of ports from 1025 to 65535, such as 2048-4096',
    ),
    (
        "releases",
        {"rundeck": False},
        "releases.github: missing, expected a section, since rundeck is false: nobody could take the role",
    ),
    (
        "releases.github",
        {"repository": "shop", "environments": ["release-prod"]},
        'releases.github.repository: got "shop", expected a repository, such as client/shop',
    ),
    (
        "releases.github",
        {"repository": "client/shop", "environments": ["a:b"]},
        'releases.github.environments.0: got "a:b", expected a GitHub environment, such as release-prod',
    ),
    ("rundeck.data_volume_gib", 0, "rundeck.data_volume_gib: got 0, expected 1 to 65536"),
    (
        "vpn_access.user_certificate_days",
        4000,
        "vpn_access.user_certificate_days: got 4000, expected at most 3650, authority_days",
    ),
    (
        "monitoring.thresholds.server_disk_percent",
        95,
        "monitoring.thresholds.server_disk_percent: got 95, expected at most 90, since server_full_percent is 90. The "
        "first of the two mails would come after the second.",
    ),
    (
        "monitoring.thresholds.vpn_authority_days",
        3650,
        "vpn_access.authority_days: got 3650, expected at least 3651, since "
        "monitoring.thresholds.vpn_authority_days is 3650: the alarm would never end",
    ),
    (
        "monitoring.thresholds.vpn_certificate_days",
        300,
        "vpn_access.server_certificate_days: got 825, expected at least 903, since "
        "monitoring.thresholds.vpn_certificate_days is 300: the alarm would never end",
    ),
    (
        "vpn_access.server_certificate_days",
        92,
        "vpn_access.server_certificate_days: got 92, expected at least 93, since "
        "monitoring.thresholds.vpn_certificate_days is 30: the alarm would never end",
    ),
    ("vpn_access.keys_volume_gib", 0, "vpn_access.keys_volume_gib: got 0, expected 1 to 65536"),
    (
        "vpn_access.client_cidr",
        "10.0.0.0/8",
        'vpn_access.client_cidr: got "10.0.0.0/8", expected a private network of /16 to /29, such as 10.8.0.0/24',
    ),
    ("gateway.forwards.0.ports", [], "gateway.forwards.0.ports: got 0 entries, expected 1 entry or more"),
    ("gateway.forwards.0.ports", [445, "7-5"], f'gateway.forwards.0.ports.1: got "7-5", {PORTS}'),
    ("gateway.forwards.0.ports", [True], f"gateway.forwards.0.ports.0: got true, {PORTS}"),
    (
        "gateway.forwards.2.ports",
        ["8750-8900"],
        "gateway.forwards: got windows-application 8700-8800 and windows-rdp 8750-8900, expected ranges that do not "
        "overlap, or one inside the other",
    ),
    (
        "gateway.allowed.0.cidr",
        "0.0.0.0/0",
        'gateway.allowed.0.cidr: got "0.0.0.0/0", expected a network of /28 or narrower, such as 192.0.2.0/28',
    ),
    ("gateway.allowed.0.owner", "", 'gateway.allowed.0.owner: got "", expected a line of text, 1 to 256 characters'),
    (
        "cost_report.name",
        "client costs",
        'cost_report.name: got "client costs", expected 1 to 128 letters, digits, hyphens and underscores',
    ),
    (
        "cost_report.granularity",
        "weekly",
        'cost_report.granularity: got "weekly", expected one of hourly, daily, monthly',
    ),
    (
        "content_delivery.static",
        "media.client.url",
        'content_delivery: got ["media.client.url"], expected three different names for media, static and origin',
    ),
    (
        "backups.0.schedule",
        "daily",
        'backups.0.schedule: got "daily", expected cron(…) with the six fields of AWS, such as cron(30 5 * * ? *), '
        "and a day that exists",
    ),
    (
        "satellites.1.ftp.passive_ports",
        "80-90",
        'satellites.1.ftp.passive_ports: got "80-90", expected a range of ports from 1024 to 65535, such as 5000-5099',
    ),
    ("monitoring.recipients", [], "monitoring.recipients: got 0 entries, expected 1 entry or more"),
    ("protect", "perhaps", 'protect: got "perhaps", expected true or false'),
    ("satellites", {"pim": {}}, 'satellites: got {"pim": {}}, expected a list'),
    (
        "file_server.shares",
        shares(12),
        "file_server.shares: got 12 entries, expected 1 to 11 entries",
    ),
]
"""A path, a value that is wrong there, and the one line about it."""

BETWEEN_SECTIONS: list[tuple[str, Any, str]] = [
    (
        "vpn_links.0.remote_cidrs",
        ["10.0.50.0/24"],
        'vpn_links.0.remote_cidrs.0: got "10.0.50.0/24", expected a network that does not overlap 10.0.0.0/16 of '
        "network.cidr",
    ),
    (
        "vpn_links.1.remote_cidrs",
        ["192.168.20.0/24", "192.168.10.0/25"],
        'vpn_links.1.remote_cidrs.1: got "192.168.10.0/25", expected a network that does not overlap 192.168.10.0/24 '
        "of VPN link lan",
    ),
    (
        "vpn_access.client_cidr",
        "10.0.8.0/24",
        'vpn_access.client_cidr: got "10.0.8.0/24", expected a network that does not overlap 10.0.0.0/16 of '
        "network.cidr",
    ),
    (
        "vpn_access.client_cidr",
        "192.168.30.0/25",
        'vpn_access.client_cidr: got "192.168.30.0/25", expected a network that does not overlap 192.168.30.0/24 of '
        "VPN link cetsi",
    ),
    (
        "satellites.1.ftp.passive_ports",
        "5000-5200",
        'satellites.1.ftp.passive_ports: got "5000-5200", expected gateway.forwards to lead '
        "5000-5200 to custom-connection.internal-client.url too",
    ),
    (
        "gateway.forwards.4.target_port",
        2121,
        'satellites.1.ftp.passive_ports: got "5000-5100", expected gateway.forwards to lead '
        "21 to custom-connection.internal-client.url too",
    ),
    (
        "windows.ftp_passive_ports",
        "2048-5000",
        'windows.ftp_passive_ports: got "2048-5000", expected gateway.forwards to lead '
        "2048-5000 to windows.internal-client.url too",
    ),
    (
        "gateway.forwards.0.target",
        "wimdows.internal-client.url",
        'gateway.forwards.0.target: got "wimdows.internal-client.url", expected windows.internal-client.url, '
        "custom-connection.internal-client.url, an IPv4 address or a name outside of internal-client.url",
    ),
    (
        "windows",
        None,
        'gateway.forwards.0.target: got "windows.internal-client.url", expected '
        "custom-connection.internal-client.url, an IPv4 address or a name outside of internal-client.url",
    ),
    ("gateway", None, "gateway: missing, expected a section, since windows is reached only through a gateway"),
    (
        "gateway",
        None,
        "gateway: missing, expected a section, since FTP to satellite custom-connection goes only through a gateway",
    ),
    ("shared_database", None, "shared_database: missing, expected a section, since satellites need this database"),
    ("shared_database", None, 'php_my_admin.databases.0: got "shared", expected one of site'),
    ("php_my_admin.databases", ["site", "pim"], 'php_my_admin.databases.1: got "pim", expected one of shared, site'),
    (
        "content_delivery.origin",
        "other.client.url",
        'content_delivery.origin: got "other.client.url", expected one of site.host_names: client.url, '
        "www.client.url, origin.client.url",
    ),
    ("vpn_links.1.name", "lan", 'vpn_links: got ["lan"], expected each name once'),
    ("buckets.1.name", "client-billing", 'buckets: got ["client-billing"], expected each name once'),
    ("backups.1.name", "daily", 'backups: got ["daily"], expected each name once'),
    ("satellites.0.name", "mirakl-cashout", 'satellites: got ["mirakl-cashout"], expected each name once'),
    (
        "satellites.0.name",
        "front",
        'satellites.0.name: got "front", expected none of magento, front, back-office, which are names of the site',
    ),
    (
        "environment",
        "production-in-europe",
        'satellites.1.name: got "client-production-in-europe-custom-connection", expected at most 40 characters for '
        "the name of a Beanstalk environment",
    ),
    (
        "buckets.0.purpose",
        "site-configuration",
        'buckets: got ["site-configuration"], expected each purpose once, except temporary',
    ),
    ("domains", None, "domains: missing, expected a section, since the stack has a network of its own"),
    ("certificate", None, "certificate: missing, expected a section, since the stack has a network of its own"),
    ("buckets", [], "buckets: missing, expected a section, since the stack has a network of its own"),
]
"""A path, a value with which sections do not fit each other, and a line about it."""
BUCKETS = (
    ("buckets.0.purpose", "cost-reports", "cost_report"),
    ("buckets.4.purpose", "content-delivery-logs", "content_delivery.access_logs"),
    ("buckets.2.purpose", "load-balancer-logs", "every site"),
    ("buckets.1.purpose", "site-configuration", "every site"),
    ("buckets.5.purpose", "releases", "every site"),
)
"""Where the bucket of each purpose is, the purpose, and what needs it."""
