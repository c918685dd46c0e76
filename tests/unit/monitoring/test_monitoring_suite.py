"""Rows 14 and 15: what sets off an alarm, what silence means, and who is mailed how often."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from typing import Any

import pulumi_aws as aws
import pytest

from components.monitoring import shared_alarms
from components.monitoring.monitoring_suite import MonitoredSite, MonitoringSuite, MonitoringSuiteArgs
from components.network.vpn_link import VpnTunnels
from components.shared.encryption_key import EncryptionKey, EncryptionKeyArgs
from settings.keeping import KeepingSettings
from settings.monitoring import MonitoringSettings, ThresholdSettings
from tests.unit.graph import Graph, Resource
from tests.unit.program import build
from tests.unit.surroundings import CONTEXT

ACCOUNT = "123456789012"
BALANCER = "app/site/0123456789abcdef"
NAMES = {
    "database-cpu": "DB CPU Prod",
    "database-connections": "awsrds-client-magento-prod-High-DB-Connections",
    "front-health": "Prod eb health",
    "vpn-*-down": "DLM-{} VPN status",
}


def links(*names: str) -> dict[str, VpnTunnels]:
    return {
        name: VpnTunnels(connection_id=f"vpn-{name}", tunnel_addresses=(f"{name}-address-1", f"{name}-address-2"))
        for name in names
    }


def suite(monitoring: MonitoringSettings | None = None, **more: Any) -> MonitoringSuiteArgs:
    return MonitoringSuiteArgs(
        monitoring=monitoring or MonitoringSettings(recipients=("ops@client.url",)),
        context=CONTEXT,
        site=MonitoredSite(
            environments={"front": "client-prod-front", "back-office": "client-prod-back-office"},
            load_balancer_arn=f"arn:aws:elasticloadbalancing:eu-west-3:{ACCOUNT}:loadbalancer/{BALANCER}",
            hold_rule_arn=f"arn:aws:elasticloadbalancing:eu-west-3:{ACCOUNT}:listener-rule/{BALANCER}/1/2",
            database_id="site-database",
            cache_node_ids=("cache-001", "cache-002"),
            search_domain_name="client-prod",
            search_nodes=3,
        ),
        **more,
    )


@pytest.fixture(scope="module")
def everything() -> Graph:
    """A suite with something of each kind to watch, under the names of row 15."""

    def program() -> None:
        MonitoringSuite(
            "monitoring",
            suite(
                MonitoringSettings(recipients=("ops@client.url", "agency@client.url"), alarm_names=NAMES),
                other_databases={"shared-database": "shared"},
                satellites={"pim": "client-prod-pim"},
                servers={"nfs": "i-0nfs", "gateway": "i-0gateway", "vpn": "i-0vpn"},
                vpn_links=links("lan", "ml", "cetsi"),
                nat_gateways={"a": "nat-a", "b": "nat-b"},
                certificate_arn=f"arn:aws:acm:eu-west-3:{ACCOUNT}:certificate/1",
            ),
        )

    return build(program)


def alarm(graph: Graph, name: str) -> Resource:
    [found] = [each for each in graph.of_type(aws.cloudwatch.MetricAlarm) if each.inputs["name"] == name]
    return found


def measured(resource: Resource) -> tuple[str, str, Mapping[str, str], str]:
    inputs = resource.inputs
    return inputs["namespace"], inputs["metricName"], inputs["dimensions"], inputs["statistic"]


def condition(resource: Resource) -> tuple[str, float, int, int, int]:
    """Comparison, threshold, length of a datapoint in seconds, and how many of how many must breach it."""
    inputs = resource.inputs
    return (
        inputs["comparisonOperator"],
        inputs["threshold"],
        inputs["period"],
        inputs["datapointsToAlarm"],
        inputs["evaluationPeriods"],
    )


def rules(graph: Graph) -> dict[str, str]:
    return {each.inputs["alarmName"]: each.inputs["alarmRule"] for each in graph.of_type(aws.cloudwatch.CompositeAlarm)}


@pytest.mark.row(15)
def test_row_15_the_databases_cpu(everything: Graph) -> None:
    """Above 70 % for 3 datapoints in 3 minutes, on the site's own database."""
    found = alarm(everything, "DB CPU Prod")
    assert measured(found) == ("AWS/RDS", "CPUUtilization", {"DBInstanceIdentifier": "site-database"}, "Average")
    assert condition(found) == ("GreaterThanThreshold", 70, 60, 3, 3)


@pytest.mark.row(15)
def test_row_15_the_databases_connections(everything: Graph) -> None:
    """More than 100, 3 datapoints of 3."""
    found = alarm(everything, "awsrds-client-magento-prod-High-DB-Connections")
    assert measured(found) == ("AWS/RDS", "DatabaseConnections", {"DBInstanceIdentifier": "site-database"}, "Average")
    assert condition(found) == ("GreaterThanThreshold", 100, 60, 3, 3)


@pytest.mark.row(15)
def test_row_15_the_environments_health(everything: Graph) -> None:
    """Above 0 for 3 datapoints in 15 minutes; an environment that reports nothing is ill."""
    found = alarm(everything, "Prod eb health")
    dimensions = {"EnvironmentName": "client-prod-front"}
    assert measured(found) == ("AWS/ElasticBeanstalk", "EnvironmentHealth", dimensions, "Maximum")
    assert condition(found) == ("GreaterThanThreshold", 0, 300, 3, 3)
    assert found.inputs["treatMissingData"] == "breaching"


@pytest.mark.row(15)
@pytest.mark.parametrize(
    ("name", "link"), [("DLM-Lan VPN status", "lan"), ("DLM-Ml VPN status", "ml"), ("DLM-Cetsi VPN status", "cetsi")]
)
def test_row_15_each_vpn_link(everything: Graph, name: str, link: str) -> None:
    """Down when the best of its tunnels has been 0 for 15 minutes, and when nothing is known of it."""
    found = alarm(everything, name)
    assert measured(found) == ("AWS/VPN", "TunnelState", {"VpnId": f"vpn-{link}"}, "Maximum")
    assert condition(found) == ("LessThanThreshold", 1, 300, 3, 3)
    assert found.inputs["treatMissingData"] == "breaching"


def test_a_lost_tunnel_warns_and_the_lost_link_still_alarms(everything: Graph) -> None:
    """The link's alarm sends its own mail. The tunnels share one, which follows from the link's."""
    assert sends_mail(everything, alarm(everything, "DLM-Lan VPN status"))
    warning = everything.one(aws.cloudwatch.CompositeAlarm, name="monitoring-vpn-lan-redundancy").inputs
    assert warning["alarmRule"] == 'ALARM("client-prod-vpn-lan-tunnel-1") OR ALARM("client-prod-vpn-lan-tunnel-2")'
    assert warning["actionsSuppressor"]["alarm"] == "DLM-Lan VPN status"
    tunnel = alarm(everything, "client-prod-vpn-lan-tunnel-2")
    assert tunnel.inputs["dimensions"] == {"VpnId": "vpn-lan", "TunnelIpAddress": "lan-address-2"}


@pytest.mark.row(14)
def test_row_14_the_certificate(everything: Graph) -> None:
    """30 days before it expires; the alarm stands when the measure ends with the certificate."""
    found = alarm(everything, "client-prod-certificate-expiry")
    assert found.inputs["metricName"] == "DaysToExpiry"
    assert condition(found) == ("LessThanThreshold", 30, 86_400, 1, 1)
    assert found.inputs["treatMissingData"] == "ignore"


def sends_mail(graph: Graph, alarm: Resource) -> bool:
    assert alarm.inputs.get("alarmActions", [topic := graph.one(aws.sns.Topic).outputs["arn"]]) == [topic]
    return "alarmActions" in alarm.inputs


def test_every_alarm_sends_a_mail_or_is_in_one_group_that_does(everything: Graph) -> None:
    """An alarm without either would be silent; one with both would send two."""
    alarms = everything.of_type(aws.cloudwatch.MetricAlarm)
    grouped = [
        name for rule in rules(everything).values() for name in rule.removeprefix('ALARM("')[:-2].split('") OR ALARM("')
    ]
    assert sorted(grouped) == sorted(each.inputs["name"] for each in alarms if not sends_mail(everything, each))
    assert all(sends_mail(everything, each) for each in everything.of_type(aws.cloudwatch.CompositeAlarm))


def test_the_alarms_of_a_group_show_one_fault(everything: Graph) -> None:
    """While a group is raised, it sends nothing for its other alarms: they must not be of another fault."""
    measures = {
        group: {alarm(everything, name).inputs["metricName"] for name in re.findall(r'ALARM\("([^"]+)"\)', rule)}
        for group, rule in rules(everything).items()
    }
    assert {group: found for group, found in measures.items() if len(found) > 1} == {
        "client-prod-search-memory": {"JVMMemoryPressure", "OldGenJVMMemoryPressure"},
        "client-prod-search-key": {"KMSKeyError", "KMSKeyInaccessible"},
    }


def test_nothing_sends_a_mail_at_the_end_of_a_fault(everything: Graph) -> None:
    for kind in (aws.cloudwatch.MetricAlarm, aws.cloudwatch.CompositeAlarm):
        assert not any(
            {"okActions", "insufficientDataActions"} & each.inputs.keys() for each in everything.of_type(kind)
        )


def test_an_alarm_that_people_named_sends_its_own_mail() -> None:
    """Its group has the others."""
    monitoring = MonitoringSettings(recipients=("ops@client.url",), alarm_names={"cache-1-memory": "Redis memory"})
    graph = build(lambda: MonitoringSuite("monitoring", suite(monitoring)))
    assert sends_mail(graph, alarm(graph, "Redis memory"))
    assert rules(graph)["client-prod-cache-memory"] == 'ALARM("client-prod-cache-2-memory")'


def test_each_fault_of_several_places_has_a_group(everything: Graph) -> None:
    groups = [f"cache-{fault}" for fault in ("evictions", "memory", "engine-cpu", "replica-lag")]
    groups += ["search-memory", "search-key", "nat", *(f"server-{server}-boot" for server in ("nfs", "gateway", "vpn"))]
    groups += [*(f"vpn-{name}-redundancy" for name in ("lan", "ml", "cetsi"))]
    assert set(rules(everything)) == {f"client-prod-{group}" for group in groups}


def test_a_composite_is_made_after_its_alarms(everything: Graph) -> None:
    """AWS refuses a rule over alarms that do not exist yet."""
    composite = everything.one(aws.cloudwatch.CompositeAlarm, name="monitoring-cache-memory")
    made_of = {everything[urn].inputs["name"] for urn in composite.comes_from("alarmRule")}
    assert made_of == {"client-prod-cache-1-memory", "client-prod-cache-2-memory"}


def test_a_database_without_metrics_alarms(everything: Graph) -> None:
    """Its other alarms stay quiet: a restart is neither load nor a full disk."""
    of_database = {
        each.inputs["metricName"]: each.inputs["treatMissingData"]
        for each in everything.of_type(aws.cloudwatch.MetricAlarm)
        if each.name.startswith("monitoring-database-") and each.name != "monitoring-database-silent"
    }
    assert set(of_database.values()) == {"notBreaching"}
    silent = alarm(everything, "client-prod-database-silent")
    assert (silent.inputs["statistic"], silent.inputs["treatMissingData"]) == ("SampleCount", "breaching")
    assert condition(silent) == ("LessThanThreshold", 1, 60, 5, 5)


@pytest.mark.parametrize(
    ("name", "metric", "threshold"),
    [
        ("database-storage", "FreeStorageSpace", 20 * 2**30),
        ("database-memory", "FreeableMemory", 1024 * 2**20),
        ("search-storage", "FreeStorageSpace", 20 * 1024),
        ("search-red", "ClusterStatus.red", 0),
        ("search-yellow", "ClusterStatus.yellow", 0),
        ("search-writes-blocked", "ClusterIndexWritesBlocked", 0),
        ("search-nodes", "Nodes", 3),
        ("search-snapshot", "AutomatedSnapshotFailure", 0),
        ("search-cpu", "CPUUtilization", 80),
        ("search-jvm-memory", "JVMMemoryPressure", 95),
        ("search-jvm-old-memory", "OldGenJVMMemoryPressure", 80),
        ("search-key-inaccessible", "KMSKeyInaccessible", 0),
        ("cache-1-engine-cpu", "EngineCPUUtilization", 90),
        ("nat-b-ports", "ErrorPortAllocation", 0),
        ("cache-2-memory", "DatabaseMemoryUsagePercentage", 80),
        ("cache-1-evictions", "Evictions", 100),
        ("cache-2-replica-lag", "ReplicationLag", 10),
        ("server-nfs-status", "StatusCheckFailed", 0),
        ("server-nfs-ready", "BootReady", 1),
        ("vpn-certificates", "CertificateDaysLeft", 30),
        ("vpn-authority", "AuthorityDaysLeft", 365),
        ("server-nfs-volumes", "VolumesMissing", 0),
        ("server-nfs-disk", "DiskUsedPercent", 80),
        ("server-nfs-disk-full", "DiskUsedPercent", 90),
        ("server-nfs-inodes", "InodesUsedPercent", 80),
        ("server-nfs-inodes-full", "InodesUsedPercent", 90),
        ("server-nfs-memory", "MemoryUsedPercent", 90),
        ("server-nfs-swap", "SwapUsedPercent", 90),
    ],
)
def test_thresholds_are_in_the_metrics_own_units(everything: Graph, name: str, metric: str, threshold: int) -> None:
    """RDS counts bytes, OpenSearch MiB."""
    found = alarm(everything, f"client-prod-{name}").inputs
    assert (found["metricName"], found["threshold"]) == (metric, threshold)


def test_the_maintenance_page_is_no_error_of_the_load_balancer(everything: Graph) -> None:
    """A release that holds the shop answers 503 on purpose."""
    found = alarm(everything, "client-prod-load-balancer-errors").inputs
    result, *metrics = found["metricQueries"]
    assert result["expression"] == "FILL(every, 0) - FILL(unavailable, 0)"
    assert result["returnData"] is True
    assert {each["id"]: each["metric"]["metricName"] for each in metrics} == {
        "every": "HTTPCode_ELB_5XX_Count",
        "unavailable": "HTTPCode_ELB_503_Count",
    }
    assert {each["metric"]["dimensions"]["LoadBalancer"] for each in metrics} == {BALANCER}
    assert "period" not in found


def test_a_hold_that_lasts_too_long_needs_neither_the_tool_nor_a_shopper(everything: Graph) -> None:
    """At night nobody asks for a page, and a dead tool says nothing. A dead clock sounds the alarm too."""
    found = alarm(everything, "client-prod-hold-too-long").inputs
    assert (found["namespace"], found["metricName"]) == ("Releases", "HoldArmed")
    assert found["dimensions"] == {"LoadBalancer": BALANCER}
    assert (found["statistic"], found["comparisonOperator"], found["threshold"]) == (
        "Minimum",
        "GreaterThanThreshold",
        0,
    )
    assert (found["period"], found["evaluationPeriods"]) == (300, 12)
    assert found["treatMissingData"] == "breaching"
    assert found["alarmActions"]


def test_unhealthy_hosts_are_found_in_target_groups_that_beanstalk_makes(everything: Graph) -> None:
    """Beanstalk makes the target groups: the alarm looks at whatever hangs on the load balancer."""
    [query] = alarm(everything, "client-prod-unhealthy-hosts").inputs["metricQueries"]
    assert query["expression"].endswith(f"WHERE LoadBalancer = '{BALANCER}'")
    assert query["period"] == 60


def test_mail_goes_to_each_recipient_through_an_encrypted_topic(everything: Graph) -> None:
    topic = everything.one(aws.sns.Topic)
    assert topic.inputs["kmsMasterKeyId"].endswith(":key/1")
    assert {each.inputs["endpoint"] for each in everything.of_type(aws.sns.TopicSubscription)} == {
        "ops@client.url",
        "agency@client.url",
    }
    denied, statement = json.loads(topic.inputs["policy"])["Statement"]
    assert denied["Effect"] == "Deny"
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Principal"] == {"Service": ["cloudwatch.amazonaws.com", "events.rds.amazonaws.com"]}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert statement["Resource"] == f"arn:aws:sns:eu-west-3:{ACCOUNT}:{topic.inputs['name']}"


def test_the_stacks_key_lets_alarms_through(everything: Graph) -> None:
    """A topic with a key that its publishers may not use drops every message without a word."""
    key_args = EncryptionKeyArgs(region="eu-west-3", keeping=KeepingSettings(protect=True), tags=CONTEXT.tags)
    key = build(lambda: EncryptionKey("key", key_args)).one(aws.kms.Key)
    publishers = json.loads(everything.one(aws.sns.Topic).inputs["policy"])["Statement"][1]["Principal"]
    [statement] = [each for each in json.loads(key.inputs["policy"])["Statement"] if each["Principal"] == publishers]
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def test_failovers_of_every_database_are_reported(everything: Graph) -> None:
    events = everything.one(aws.rds.EventSubscription).inputs
    assert events["sourceIds"] == ["site-database", "shared"]
    assert events["eventCategories"] == ["failover", "failure"]


def test_what_is_not_there_is_not_watched() -> None:
    """A stack without links, servers or satellites has only the site's alarms."""
    graph = build(lambda: MonitoringSuite("monitoring", suite()))
    systems = {each.name.split("-")[1] for each in graph.of_type(aws.cloudwatch.MetricAlarm)}
    assert systems == {"front", "back", "load", "hold", "target", "unhealthy", "database", "cache", "search"}


def test_an_index_on_one_node_may_be_yellow() -> None:
    """It has no place for second copies."""

    def program() -> None:
        args = suite()
        MonitoringSuite("monitoring", dataclasses.replace(args, site=dataclasses.replace(args.site, search_nodes=1)))

    graph = build(program)
    assert not [each for each in graph.of_type(aws.cloudwatch.MetricAlarm) if each.name.endswith("-yellow")]


def test_the_end_of_a_fault_is_mailed_on_request() -> None:
    monitoring = MonitoringSettings(recipients=("ops@client.url",), mail_when_over=True)
    graph = build(lambda: MonitoringSuite("monitoring", suite(monitoring)))
    assert all("okActions" in each.inputs for each in graph.of_type(aws.cloudwatch.CompositeAlarm))
    alarms = graph.of_type(aws.cloudwatch.MetricAlarm)
    assert all(("okActions" in each.inputs) == ("alarmActions" in each.inputs) for each in alarms)


def test_a_server_that_does_not_come_up_is_reported_unless_it_does_not_run(everything: Graph) -> None:
    """It publishes nothing without its packages, so that silence counts. A stopped one has its own alarm."""
    found = alarm(everything, "client-prod-server-nfs-ready")
    assert measured(found) == ("Servers", "BootReady", {"InstanceId": "i-0nfs"}, "Minimum")
    assert condition(found) == ("LessThanThreshold", 1, 300, 6, 6)
    assert found.inputs["treatMissingData"] == "breaching"
    group = everything.one(aws.cloudwatch.CompositeAlarm, name="monitoring-server-nfs-boot").inputs
    assert group["actionsSuppressor"]["alarm"] == "client-prod-server-nfs-status"


@pytest.mark.parametrize(
    ("name", "metric", "days"), [("certificates", "CertificateDaysLeft", 30), ("authority", "AuthorityDaysLeft", 365)]
)
def test_the_first_certificate_of_the_vpn_that_ends_raises_an_alarm(
    everything: Graph, name: str, metric: str, days: int
) -> None:
    """It is published once a day, so that silence means nothing. The authority's comes early enough to send each user a
    new profile. Without an OpenVPN server there is no alarm."""
    found = alarm(everything, f"client-prod-vpn-{name}")
    assert measured(found) == ("Servers", metric, {"InstanceId": "i-0vpn"}, "Minimum")
    assert condition(found) == ("LessThanThreshold", days, 86_400, 1, 1)
    assert found.inputs["treatMissingData"] == "ignore"
    without = build(lambda: MonitoringSuite("monitoring", suite(servers={"nfs": "i-0nfs"})))
    assert not any(each.name == f"monitoring-vpn-{name}" for each in without.of_type(aws.cloudwatch.MetricAlarm))


def test_the_fullest_file_system_of_a_server_raises_the_alarm(everything: Graph) -> None:
    """The server's metric has the values of all its file systems. One that says nothing has not booted."""
    found = alarm(everything, "client-prod-server-nfs-disk-full")
    assert measured(found) == ("Servers", "DiskUsedPercent", {"InstanceId": "i-0nfs"}, "Maximum")
    assert condition(found) == ("GreaterThanThreshold", 90, 300, 3, 3)
    assert found.inputs["treatMissingData"] == "notBreaching"


def test_thresholds_are_config() -> None:
    thresholds = ThresholdSettings(database_cpu_percent=85, certificate_days=45)
    monitoring = MonitoringSettings(recipients=("ops@client.url",), thresholds=thresholds)
    graph = build(lambda: MonitoringSuite("monitoring", suite(monitoring)))
    assert alarm(graph, "client-prod-database-cpu").inputs["threshold"] == 85
    thresholds = ThresholdSettings(server_disk_percent=60, server_full_percent=70)
    of_disk = {mail.key: mail.threshold for mail in shared_alarms.of_usage("nfs", "i-0nfs", thresholds)}
    assert (of_disk["server-nfs-disk"], of_disk["server-nfs-inodes-full"]) == (60, 70)


def test_a_vpn_link_is_taken_out_without_touching_the_names() -> None:
    """The pattern names those that are left, and may name none."""
    monitoring = MonitoringSettings(recipients=("ops@client.url",), alarm_names=NAMES)
    left = build(lambda: MonitoringSuite("monitoring", suite(monitoring, vpn_links=links("ml"))))
    named = {each.inputs["name"] for each in left.of_type(aws.cloudwatch.MetricAlarm)}
    assert {name for name in named if "VPN" in name} == {"DLM-Ml VPN status"}
    none_left = build(lambda: MonitoringSuite("monitoring", suite(monitoring)))
    assert not any("VPN" in each.inputs["name"] for each in none_left.of_type(aws.cloudwatch.MetricAlarm))


def test_a_release_is_stopped_by_the_alarms_on_what_it_touches(everything: Graph) -> None:
    """Under the names that the stack file gives them, and those of a group with the group itself."""
    found: dict[str, Any] = {}

    def ask() -> None:
        args = suite(
            MonitoringSettings(recipients=("ops@client.url",), alarm_names=NAMES),
            other_databases={"shared-database": "shared"},
            satellites={"pim": "client-prod-pim", "mirakl": "client-prod-mirakl"},
            servers={"nfs": "i-0nfs", "gateway": "i-0gateway", "vpn": "i-0vpn"},
            vpn_links=links("lan"),
            nat_gateways={"a": "nat-a"},
            certificate_arn="arn",
        )
        found.update(args.release_alarms)

    build(ask)
    site, satellites = found["site"], found["satellites"]
    assert {
        "DB CPU Prod",
        "Prod eb health",
        "client-prod-target-errors",
        "client-prod-unhealthy-hosts",
        "client-prod-cache-memory",
        "client-prod-cache-1-memory",
        "client-prod-search-red",
        "client-prod-server-nfs-status",
    } <= set(site)
    others = ("vpn", "gateway", "nat", "certificate", "shared-database", "pim", "mirakl", "hold-too-long")
    assert not [name for name in site for other in others if other in name]
    assert satellites["pim"] == sorted(
        ["client-prod-pim-health"]
        + [f"client-prod-shared-database-{what}" for what in ("cpu", "connections", "storage", "memory", "silent")]
    )
    assert satellites.keys() == {"pim", "mirakl"}
    # Each is an alarm that exists.
    made = {each.inputs["name"] for each in everything.of_type(aws.cloudwatch.MetricAlarm)} | set(rules(everything))
    assert set(site) <= made
