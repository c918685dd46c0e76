"""The whole message of each fault that a component refuses, in the one grammar."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Network

import pulumi
import pytest

from components.beanstalk.load_balancing import ListenerRule
from components.delivery.content_delivery import ContentDeliveryArgs
from components.monitoring.alarm import Expression, Metric, Statistic
from components.monitoring.monitoring_suite import MonitoredSite
from components.network.security_group import IngressRule, SecurityGroupArgs
from components.servers.cloud_init import BootFile, CloudInit
from components.servers.data_volumes import DataVolume
from components.servers.operations import OperationsArgs
from components.servers.server import Server, ServerArgs, ServerPlacement
from settings.content_delivery import ContentDeliverySettings
from settings.monitoring import MonitoringSettings
from settings.operations import OperationsSettings
from settings.server_size import ServerSizeSettings, WindowsSizeSettings
from settings.windows import WindowsSettings, WindowsVolumeSettings
from tests.unit.monitoring.test_monitoring_suite import suite
from tests.unit.program import build
from tests.unit.satellites.test_satellite_app import CUSTOM_CONNECTION, platform_of
from tests.unit.servers.placement import PLACEMENT
from tests.unit.surroundings import CONTEXT, SHARED

GRAMMAR = re.compile(r"[A-Za-z_.: -]+?: (missing|got \S.*), expected (?!expected)(?:(?!\. ).)+(?<!\.)(\. [A-Z].*[.?])?")
SIZE = ServerSizeSettings(instance_type="t3.small")
LINUX = ServerArgs(placement=PLACEMENT, size=SIZE, ingress=(), boot=CloudInit())
NOISE = "".join(random.Random(1).choices(string.ascii_letters, k=30_000))
WINDOWS = WindowsSettings(
    size=WindowsSizeSettings(instance_type="t3.small", root_volume_gib=30),
    volumes=(WindowsVolumeSettings(name="data", size_gib=1, drive_letter="E"),),
)
DESCRIPTION = "expected 1 to 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*"
KEYS = (
    "back-office-health, cache-1-engine-cpu, cache-1-evictions, cache-1-memory, cache-1-replica-lag, "
    "cache-2-engine-cpu, cache-2-evictions, cache-2-memory, cache-2-replica-lag, database-connections, database-cpu, "
    "database-memory, database-silent, database-storage, front-health, hold-too-long, load-balancer-errors, "
    "search-cpu, search-jvm-memory, search-jvm-old-memory, search-key-error, search-key-inaccessible, search-nodes, "
    "search-red, search-snapshot, search-storage, search-writes-blocked, search-yellow, target-errors, unhealthy-hosts"
)


def alarm_names(**names: str) -> Callable[[], object]:
    renamed = {key.replace("_", "-"): name for key, name in names.items()}
    monitoring = MonitoringSettings(recipients=("ops@client.url",), alarm_names=renamed)
    return lambda: build(lambda: suite(monitoring))


FAULTS: dict[str, tuple[Callable[[], object], str]] = {
    "a rule without a source": (
        lambda: IngressRule(name="web", port=80, reason="Web"),
        "ingress rule web: got neither, expected from_group or from_cidr",
    ),
    "a rule with two sources": (
        lambda: IngressRule(name="web", port=80, reason="Web", from_group="sg-1", from_cidr="10.0.0.0/16"),
        "ingress rule web: got both, expected from_group or from_cidr",
    ),
    "a reason that EC2 refuses": (
        lambda: IngressRule(name="web", port=80, reason="The shop's", from_group="sg-1"),
        f'ingress rule web.reason: got "The shop\'s", {DESCRIPTION}',
    ),
    "a description that EC2 refuses": (
        lambda: SecurityGroupArgs(context=CONTEXT, vpc_id="vpc-1", description="", ingress=()),
        f'description: got "", {DESCRIPTION}',
    ),
    "too many values in a listener rule": (
        lambda: ListenerRule(name="front", host_names=("a", "b", "c"), path_patterns=("/1", "/2"), priority=1),
        "listener rule front: got 5, expected at most 4 host names and path patterns together",
    ),
    "two files of one path": (
        lambda: CloudInit(files=(BootFile(path="/usr/local/sbin/boot-status", content=""),)),
        'files: got ["/usr/local/sbin/boot-status"], expected each path once',
    ),
    "a script that is no file": (
        lambda: CloudInit(scripts=("/usr/bin/typo",)),
        'scripts: got ["/usr/bin/typo"], expected paths that files has',
    ),
    "neither Linux nor Windows": (
        lambda: replace(LINUX, boot=None),
        "server: got neither, expected boot for Linux or windows_boot for Windows",
    ),
    "Linux and Windows": (
        lambda: replace(LINUX, windows_boot="exit"),
        "server: got both, expected boot for Linux or windows_boot for Windows",
    ),
    "a volume of Linux that is mounted nowhere": (
        lambda: replace(LINUX, volumes=(DataVolume(name="media", size_gib=1),)),
        'volume media.mount_point: got "", expected a directory on Linux, and nothing on Windows',
    ),
    "a volume of Windows with a directory": (
        lambda: replace(
            LINUX,
            boot=None,
            windows_boot="exit",
            volumes=(DataVolume(name="media", size_gib=1, mount_point="/srv/media"),),
        ),
        'volume media.mount_point: got "/srv/media", expected a directory on Linux, and nothing on Windows',
    ),
    "user data of Windows that EC2 refuses": (
        lambda: build(lambda: Server("windows", replace(LINUX, boot=None, windows_boot=NOISE))),
        "user data: got 30071 bytes, expected at most 16384 bytes",
    ),
    "a server without a domain": (
        lambda: ServerPlacement.in_first_subnet(CONTEXT, replace(SHARED, internal_domain=None), is_public=False),
        "internal_domain: missing, expected the zone in which servers get their names",
    ),
    "a Windows server without a gateway": (
        lambda: OperationsArgs(
            context=CONTEXT,
            shared=SHARED,
            servers=OperationsSettings(windows=WINDOWS),
            network_cidr=IPv4Network("10.0.0.0/16"),
            databases={},
        ),
        "gateway: missing, expected a section, since windows is reached only through a gateway",
    ),
    "FTP without a gateway": (
        lambda: platform_of(CUSTOM_CONNECTION, forwards=None),
        "gateway: missing, expected a gateway for the FTP of satellite custom-connection",
    ),
    "access logs without a bucket": (
        lambda: ContentDeliveryArgs(
            context=CONTEXT,
            shared=SHARED,
            delivery=ContentDeliverySettings(
                media="media.client.url", static="static.client.url", origin="client.url", access_logs=True
            ),
            document_root="/",
        ),
        "delivery_logs_bucket: missing, expected a bucket for the access logs",
    ),
    "a site without a front": (
        lambda: MonitoredSite(
            environments={"back-office": "b"},
            load_balancer_arn="arn",
            hold_rule_arn="arn",
            database_id="d",
            cache_node_ids=(),
            search_domain_name="s",
            search_nodes=1,
        ),
        'environments: got ["back-office"], expected one named front',
    ),
    "a metric's name that CloudWatch refuses": (
        lambda: Expression(
            text="1", metrics={"Every": Metric(namespace="n", name="m", dimensions={}, statistic=Statistic.SUM)}
        ),
        'metrics: got "Every", expected a lower-case letter, then letters, digits and underscores',
    ),
    "a name for an alarm that does not exist": (
        alarm_names(databse_cpu="DB CPU"),
        f'magento:monitoring.alarm_names: got "databse-cpu", expected a key among {KEYS}',
    ),
    "two alarms of one name": (
        alarm_names(database_cpu="Database", database_memory="Database"),
        'magento:monitoring.alarm_names: got ["Database"], expected a different name for each alarm',
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_argument_is_refused_in_the_one_grammar(fault: str) -> None:
    """Each rule that a component keeps, with its whole message. The SDK prints no traceback of these errors."""
    make, message = FAULTS[fault]
    assert GRAMMAR.fullmatch(message)
    with pytest.raises(pulumi.RunError, match=f"^{re.escape(message)}$"):
        make()


def test_user_data_that_ec2_would_refuse_is_refused_here() -> None:
    """How well it compresses decides the number of bytes, so the message holds whatever the number is."""
    with pytest.raises(ValueError, match=r"^user data: got \d{5} bytes, expected at most 16384 bytes when compressed$"):
        CloudInit(files=(BootFile(path="/etc/noise", content=NOISE),)).user_data()
