"""A key of the stack file takes the last value that is right, and refuses the first one beyond it."""

from __future__ import annotations

from typing import Any

import pytest

from settings import stack_file as settings
from tests.unit.program import build, stack_config
from tests.unit.settings.stack_faults import put, refused

LIMITS: tuple[tuple[str, tuple[Any, ...], tuple[Any, ...]], ...] = (
    ("client", ("ab",), ("a", "1a", "a-", "aB", "a" * 21)),
    ("network.cidr", ("10.0.0.0/16", "10.0.0.0/17"), ("10.0.0.0/15", "10.0.0.0/18")),
    ("network.zones", (["c", "b", "a"],), (["a"], ["a", "A"], ["a", "b", "d"])),
    ("buckets.0.name", ("abc", "a" * 63, "a.z"), ("ab", "a" * 64, "-ab", "ab-", "aB0", "abC")),
    ("buckets.3.expire_after_days", (1,), (0,)),
    ("cost_report.name", ("a", "Z_-9" * 32), ("a" * 129, "a b")),
    ("site.host_names", (["origin.client.url"],), ([], ["origin.client.url", "a.client.url", "b.client.url", "c.eu"])),
    ("site.back_office_path", ("Admin_1-z",), ("", "a/b", "a b", "a@b")),
    ("site.front.instances", (1,), (0,)),
    ("site.front.instance_types", (["c7i.large", "m7i.large"], ["t4g.nano"]), (["c7g.large", "c7i.large"],)),
    ("site.database.backup_retention_days", (1, 35), (0, 36)),
    ("site.database.max_storage_gib", (550, 65_536), (500, 549, 65_537)),
    ("site.database.storage_gib", (20, 909), (5, 19, 910, -5)),
    (
        "site.database.instance_class",
        ("db.t4g.small", "db.m6gd.large"),
        ("r7g.large", "db.r8g", "db.r8g.large\n", "db. ."),
    ),
    ("site.database.engine_version", ("8.4",), ("8", "8.4.7", "8.4\n", "")),
    ("site.cache.engine_version", ("8.1",), ("8", "8.1\n", "8.1.0")),
    ("site.cache.node_type", ("cache.t4g.small",), ("t4g.small", "db.t4g.small", "cache.t4g.small\n")),
    ("site.search.engine_version", ("3.1",), ("3", "3.1\n", "3.1-3.1")),
    ("site.search.instance_type", ("t3.small.search",), ("t3.small", "t3.small.elasticsearch", "cache.t3.small")),
    ("site.search.storage_gib", (10, 65_536), (9, -1, 65_537)),
    ("site.front.root_volume_gib", (8, 65_536), (7, 65_537)),
    ("windows.size.root_volume_gib", (30,), (29,)),
    ("site.cache.nodes", (1, 6), (0, 7)),
    ("site.search.instances", (1,), (0,)),
    ("file_server.owner_id", (1, 65533), (0, 65534)),
    ("file_server.shares.1.size_gib", (1, 65_536), (0, -1, 65_537)),
    ("file_server.shares.1.name", ("a", "a-z", "9z"), ("-a", "a-", "A", "aB", "")),
    ("file_server.shares.1.path", ("z", "pub/z9"), ("/pub", "pub/", "../pub", "pub/..", "pub//z", "pub/Z")),
    ("vpn_access.keys_volume_gib", (1,), (0,)),
    ("vpn_access.authority_days", (825, 7300), (59, 824, 7301)),
    ("vpn_access.server_certificate_days", (93, 3650), (92, 3651)),
    ("vpn_access.user_certificate_days", (60, 3650), (59, 3651)),
    ("vpn_access.revocation_list_days", (60, 3650), (59, 3651)),
    ("vpn_access.client_cidr", ("10.8.0.0/16", "10.8.0.0/29"), ("11.8.0.0/24", "10.8.0.0/15", "10.8.0.0/30")),
    ("gateway.forwards.0.ports", ([1], [65535]), ([0], [65536], [])),
    ("gateway.connections_per_source", (10, 4000), (9, 4001)),
    ("gateway.forwards.0.name", ("z", "a9-z"), ("9a", "A", "aB", "")),
    ("gateway.allowed.0.reason", ("z" * 10,), ("z" * 9,)),
    ("windows.volumes.0.size_gib", (1,), (0,)),
    ("windows.volumes.0.name", ("a-z9",), ("A", "a_b", "")),
    ("windows.volumes.0.drive_letter", ("D", "Z"), ("C", "d", "DD", "E")),
    ("rundeck.data_volume_gib", (1,), (0,)),
    ("rundeck.version", ("5", "5.0~rc1+z-1*"), ("v5", "5 z", "")),
    ("satellites.0.name", ("ab", "a-z", "a" * 19 + "z"), ("a", "a" * 21, "-a", "a-", "Ab", "aB")),
    ("satellites.0.document_root", ("/", "/web"), ("web", "")),
    ("satellites.0.health_check_path", ("/", "/health"), ("health", "")),
    (
        "satellites.0.health_check_codes",
        ("200", "200-399", "200,302", "302,200-204", "201,200"),
        ("", "302", "200-404", "100-299", "399-200", "200, 302", "200-", "20", "200;302"),
    ),
    ("satellites.1.ftp.user", ("ab", "a" * 32, "a-z9"), ("a", "a" * 33, "Ab", "root")),
    ("satellites.2.cron.0.schedule", ("0 0 1 1 *", "*/5 0-9,12 * JAN mon"), ("0 0 * *", "0 0 * * * *", "0 0 * * ;")),
    ("satellites.2.cron.0.command", ("date +\\%z",), ("date +%z", "a\nb", " ")),
    ("satellites.2.variables", ({"A_9Z": "z"},), ({"a": "z"}, {"9A": "z"})),
    ("monitoring.recipients", (["a@b.cz"],), (["a@b"], ["a b@c.url"], ["a@b@c.url"])),
    ("monitoring.thresholds.database_cpu_percent", (0, 99), (-1, 100)),
    ("monitoring.thresholds.database_connections", (0, 100_000), (-1,)),
    ("backups.0.keep_days", (1, 36500), (0, 36501)),
    ("backups.0.name", ("a", "Z9_.-" * 10), ("", "a" * 51, "a b")),
    ("backups.0.schedule", ("cron(0 5 ? * SUN *)",), ("cron(0 5 * * ?)", "rate(1 day)", "cron(0 5 ? * SUN * *)")),
)
"""The path of a key in production's stack file, values that it takes, and values that it does not."""


@pytest.mark.parametrize(("path", "taken"), [(path, value) for path, values, _ in LIMITS for value in values])
def test_the_last_right_value_is_taken(path: str, taken: Any) -> None:
    config = stack_config("prod")
    put(path, taken)(config)
    build(settings.load, stack="prod", config=config)


@pytest.mark.parametrize(("path", "wrong"), [(path, value) for path, _, values in LIMITS for value in values])
def test_the_first_wrong_value_is_refused(path: str, wrong: Any) -> None:
    """By a message that leads to the key."""
    assert any(line.startswith(f"magento:{path.split('.')[0]}") for line in refused("prod", put(path, wrong)))
