"""Rows 4 and 5: caches and databases, how large, how safe, and who reaches them."""

from __future__ import annotations

import json
import logging
from copy import deepcopy

import pulumi_aws as aws
import pytest

from components.data.mysql_database import warn_of_another_key
from sandbox.emulator.elasticache.engines import APPLIED_BY_REBOOT, FIXED_PARAMETERS
from sandbox.emulator.rds.parameters import DYNAMIC
from tests.unit.graph import Graph, Resource
from tests.unit.program import SITE_ALONE, build, build_program, program, stack_config

STACKS = ("prod", "preprod")
RANDOM_BYTES = "random:index/randomBytes:RandomBytes"
RANDOM_ID = "random:index/randomId:RandomId"
RANDOM_PASSWORD = "random:index/randomPassword:RandomPassword"


def admitted(graph: Graph, group_id: str) -> set[tuple[str, int, int]]:
    """Which security groups, by their Name tag, a group admits on which ports; a range of addresses by itself."""
    names = {each.id: each.inputs["tags"]["Name"] for each in graph.of_type(aws.ec2.SecurityGroup)}
    return {
        (
            names.get(rule.inputs.get("referencedSecurityGroupId", ""), rule.inputs.get("cidrIpv4", "")),
            rule.inputs["fromPort"],
            rule.inputs["toPort"],
        )
        for rule in graph.of_type(aws.vpc.SecurityGroupIngressRule)
        if rule.inputs["securityGroupId"] == group_id
    }


@pytest.mark.row(5)
@pytest.mark.parametrize(
    ("stack", "name", "expected"),
    [
        ("prod", "site-database-instance", ("db.r8g.4xlarge", True, 1, True)),
        ("preprod", "site-database-instance", ("db.r8g.large", False, 1, False)),
        ("prod", "shared-database-instance", ("db.r8g.large", False, 1, True)),
    ],
)
def test_three_databases_as_the_note_sizes_them(stack: str, name: str, expected: tuple[str, bool, int, bool]) -> None:
    """Class, Multi-AZ, days that a daily snapshot is kept, and whether it refuses to be deleted."""
    database = program(stack).one(aws.rds.Instance, name=name).inputs
    assert expected == (
        database["instanceClass"],
        database["multiAz"],
        database["backupRetentionPeriod"],
        database["deletionProtection"],
    )
    assert database["engine"] == "mysql"
    assert database["engineVersion"] == "8.4"
    assert database["storageEncrypted"] is True
    assert database["publiclyAccessible"] is False


@pytest.mark.row(5)
@pytest.mark.parametrize("stack", STACKS)
def test_databases_are_watched_and_backed_up(stack: str) -> None:
    """Performance Insights for its free week, figures of the host every minute, errors and slow queries as logs; the
    nightly backup is over before the weekly maintenance begins, at the quietest time of the shop."""
    for database in program(stack).of_type(aws.rds.Instance):
        asked = database.inputs
        assert asked["performanceInsightsEnabled"] is True
        assert asked["performanceInsightsRetentionPeriod"] == 7
        assert asked["monitoringInterval"] == 60
        assert asked["enabledCloudwatchLogsExports"] == ["error", "slowquery"]
        assert asked["autoMinorVersionUpgrade"] is True
        assert asked["copyTagsToSnapshot"] is True
        assert (asked["backupWindow"], asked["maintenanceWindow"]) == ("02:00-02:30", "tue:03:00-tue:04:00")
        assert asked["port"] == 3306


@pytest.mark.row(5)
@pytest.mark.parametrize("stack", STACKS)
def test_only_its_own_site_reaches_a_database(stack: str) -> None:
    """MySQL from the front's and the back office's groups of the same stack, nothing else, and no way out."""
    graph = program(stack)
    [group] = graph.one(aws.rds.Instance, name="site-database-instance").inputs["vpcSecurityGroupIds"]
    assert admitted(graph, group) == {
        (f"client-{stack}-site-front-instances", 3306, 3306),
        (f"client-{stack}-site-back-office-instances", 3306, 3306),
    }
    assert group not in {each.inputs["securityGroupId"] for each in graph.of_type(aws.vpc.SecurityGroupEgressRule)}


@pytest.mark.row(5)
def test_only_the_satellites_and_phpmyadmin_reach_the_shared_database() -> None:
    """No site is among those that it admits."""
    graph = program("prod")
    [group] = graph.one(aws.rds.Instance, name="shared-database-instance").inputs["vpcSecurityGroupIds"]
    assert admitted(graph, group) == {
        (f"client-prod-{client}", 3306, 3306)
        for client in ("pim-instances", "custom-connection-instances", "mirakl-cashout-instances")
    } | {("client-prod-phpmyadmin-server-access", 3306, 3306)}


@pytest.mark.row(5)
@pytest.mark.parametrize("stack", STACKS)
def test_databases_are_in_private_subnets(stack: str) -> None:
    graph = program(stack)
    private = {each.id for each in program("prod").of_type(aws.ec2.Subnet) if each.inputs["tags"]["Tier"] == "private"}
    for group in graph.of_type(aws.rds.SubnetGroup):
        assert set(group.inputs["subnetIds"]) == private


@pytest.mark.parametrize("stack", STACKS)
def test_mysql_lets_magento_say_that_nothing_changed(stack: str) -> None:
    """Without explicit_defaults_for_timestamp every release would take a maintenance window."""
    for group in program(stack).of_type(aws.rds.ParameterGroup):
        parameters = {each["name"]: each["value"] for each in group.inputs["parameters"]}
        assert parameters["explicit_defaults_for_timestamp"] == "1"
        assert parameters["require_secure_transport"] == "1"


@pytest.mark.row(4)
@pytest.mark.parametrize(("stack", "nodes", "fails_over"), [("prod", 2, True), ("preprod", 1, False)])
def test_the_cache_is_highly_available_in_production_only(stack: str, nodes: int, fails_over: bool) -> None:
    """Production: a primary, a replica and automatic failover over zones. Both: TLS, a token, encryption at rest."""
    cache = program(stack).one(aws.elasticache.ReplicationGroup)
    assert cache.inputs["numCacheClusters"] == nodes
    assert cache.inputs["automaticFailoverEnabled"] is fails_over
    assert cache.inputs["multiAzEnabled"] is fails_over
    assert cache.inputs["transitEncryptionEnabled"] is True
    assert cache.inputs["atRestEncryptionEnabled"] is True
    assert (cache.inputs["engine"], cache.inputs["engineVersion"]) == ("valkey", "8.1")
    assert cache.inputs["port"] == 6379
    assert (cache.inputs["snapshotWindow"], cache.inputs["maintenanceWindow"]) == (
        "01:00-02:00",
        "tue:04:00-tue:05:00",
    )
    assert cache.is_secret("authToken")


@pytest.mark.parametrize("stack", STACKS)
def test_only_its_own_site_reaches_cache_and_search(stack: str) -> None:
    graph = program(stack)
    tiers = [f"client-{stack}-site-{tier}-instances" for tier in ("front", "back-office")]
    [cache] = graph.one(aws.elasticache.ReplicationGroup).inputs["securityGroupIds"]
    [search] = graph.one(aws.opensearch.Domain).inputs["vpcOptions"]["securityGroupIds"]
    assert admitted(graph, cache) == {(tier, 6379, 6379) for tier in tiers}
    assert admitted(graph, search) == {(tier, 443, 443) for tier in tiers}


@pytest.mark.row(1)
@pytest.mark.parametrize(("stack", "nodes"), [("prod", 3), ("preprod", 1)])
def test_search_asks_for_a_password_over_https(stack: str, nodes: int) -> None:
    """Its policy lets anybody in the network ask, so only fine-grained access control keeps the catalogue: on, with
    one user whose password is a secret, over nothing older than TLS 1.2."""
    domain = program(stack).one(aws.opensearch.Domain)
    access = domain.inputs["advancedSecurityOptions"]
    assert access["enabled"] is True
    assert access["internalUserDatabaseEnabled"] is True
    assert access["masterUserOptions"]["masterUserName"] == "magento"
    assert domain.is_secret("advancedSecurityOptions.masterUserOptions.masterUserPassword")
    assert domain.inputs["domainEndpointOptions"] == {
        "enforceHttps": True,
        "tlsSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10",
    }
    [statement] = json.loads(domain.inputs["accessPolicies"])["Statement"]
    assert statement["Action"] == "es:ESHttp*"
    assert domain.inputs["engineVersion"] == "OpenSearch_3.1"
    assert domain.inputs["clusterConfig"]["instanceCount"] == nodes
    assert len(domain.inputs["vpcOptions"]["subnetIds"]) == nodes
    assert domain.inputs["clusterConfig"]["zoneAwarenessEnabled"] is (nodes > 1)


@pytest.mark.parametrize("stack", STACKS)
def test_search_writes_its_errors_and_its_audit_trail(stack: str) -> None:
    """Encrypted and kept for a year; the service may write there for domains of this account alone."""
    graph = program(stack)
    groups = [each for each in graph.of_type(aws.cloudwatch.LogGroup) if each.name.startswith("site-search-")]
    domain = graph.one(aws.opensearch.Domain)
    arns = {each.outputs["arn"] for each in groups}
    published = domain.inputs["logPublishingOptions"]
    assert {each["logType"] for each in published} == {"ES_APPLICATION_LOGS", "AUDIT_LOGS"}
    assert {each["cloudwatchLogGroupArn"] for each in published} == arns
    assert len(arns) == len(published)
    assert {each.inputs["retentionInDays"] for each in groups} == {365}
    assert all(each.inputs["kmsKeyId"] for each in groups)
    permission = graph.one(aws.cloudwatch.LogResourcePolicy)
    (statement,) = json.loads(permission.inputs["policyDocument"])["Statement"]
    assert statement["Principal"] == {"Service": "es.amazonaws.com"}
    assert set(statement["Resource"]) == {f"{arn}:*" for arn in arns}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    assert domain.inputs["softwareUpdateOptions"] == {"autoSoftwareUpdateEnabled": True}


@pytest.mark.parametrize("stack", STACKS)
def test_every_generated_secret_is_kept_in_secrets_manager(stack: str) -> None:
    """Each password, token and key that the stack makes is a secret in the state, and a secret version holds it."""
    graph = program(stack)
    versions = graph.of_type(aws.secretsmanager.SecretVersion)
    assert all(version.is_secret("secretString") for version in versions)
    # A RandomId is a part of a name, and no secret.
    made = [each for each in graph.resources if each.type in (RANDOM_BYTES, RANDOM_PASSWORD)]
    # What people fill in has a place there too, which the stack makes empty.
    filled_in = [version for version in versions if version.name.startswith("mirakl-cashout-")]
    assert len(made) == len(versions) - len(filled_in)


def protected(graph: Graph) -> set[str]:
    return {each.type for each in graph.resources if each.protect}


def test_what_holds_data_is_protected_in_production_only() -> None:
    """A slip of the finger in production fails; pre-production can be thrown away."""
    assert protected(program("prod")) == {
        "aws:backup/vault:Vault",
        "aws:ebs/volume:Volume",
        "aws:ec2/eip:Eip",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/vpc:Vpc",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "aws:elasticache/subnetGroup:SubnetGroup",
        "aws:kms/key:Key",
        "aws:opensearch/domain:Domain",
        "aws:rds/instance:Instance",
        "aws:rds/subnetGroup:SubnetGroup",
        "aws:route53/zone:Zone",
        "aws:s3/bucket:Bucket",
        "aws:secretsmanager/secret:Secret",
        RANDOM_BYTES,
        RANDOM_PASSWORD,
    }
    assert protected(program("preprod")) == set()


def test_protection_is_config() -> None:
    """`protect: false` is how a person says that production may go: nothing else keeps it. Its last snapshots stay."""
    graph = build_program("prod", config={"magento:protect": False})
    assert protected(graph) == set()
    databases: list[Resource] = list(graph.of_type(aws.rds.Instance))
    assert not any(each.inputs["deletionProtection"] for each in databases)
    assert not any(each.inputs["skipFinalSnapshot"] or each.inputs["deleteAutomatedBackups"] for each in databases)
    assert all(each.inputs["finalSnapshot"] for each in graph.of_type(aws.ebs.Volume))


def test_a_database_that_is_made_again_ends_in_a_snapshot_of_another_name() -> None:
    """The name holds the identifier, which has random digits that are made anew with the database."""
    graph = program("prod")
    key = graph.one(aws.kms.Key).outputs["arn"]
    for database in graph.of_type(aws.rds.Instance):
        suffix = graph.one(RANDOM_ID, name=f"{database.name.removesuffix('-instance')}-identifier")
        assert database.inputs["identifier"].endswith(f"-{suffix.outputs['hex']}")
        assert database.inputs["finalSnapshotIdentifier"] == f"{database.inputs['identifier']}-final"
        assert suffix.inputs["keepers"] == {
            "database": database.inputs["dbName"],
            "username": database.inputs["username"],
            "key": key,
        }


def test_final_snapshots_are_config() -> None:
    databases = program("preprod").of_type(aws.rds.Instance)
    assert {(each.inputs["skipFinalSnapshot"], each.inputs.get("finalSnapshotIdentifier")) for each in databases} == {
        (True, None)
    }
    assert {each.inputs["finalSnapshot"] for each in program("preprod").of_type(aws.ebs.Volume)} == {False}


@pytest.mark.parametrize(
    ("apply_changes", "immediately", "blue_green"),
    [("in-window", False, None), ("now", True, None), ("blue-green", True, {"enabled": True})],
)
def test_config_says_when_changes_are_made(
    apply_changes: str, immediately: bool, blue_green: dict[str, bool] | None
) -> None:
    """Only what is applied at once may be another major version: the old parameter group must become free."""
    database = {**stack_config("prod")["magento:shared_database"], "apply_changes": apply_changes}
    graph = build_program("prod", config={**SITE_ALONE, "magento:shared_database": database})
    inputs = graph.one(aws.rds.Instance, name="shared-database-instance").inputs
    assert (inputs["applyImmediately"], inputs["allowMajorVersionUpgrade"]) == (immediately, immediately)
    assert inputs.get("blueGreenUpdate") == blue_green


def test_what_is_lost_is_made_from_a_snapshot_that_config_names() -> None:
    """For what is there, another snapshot changes nothing: it would replace the data."""
    of_disk, of_database = "snap-0123456789abcdef0", "awsbackup:job-42"
    config = {key: deepcopy(value) for key, value in stack_config("prod").items()}
    config["magento:site"]["database"]["snapshot_id"] = of_database
    config["magento:file_server"]["shares"][0]["snapshot_id"] = of_disk
    config["magento:windows"]["volumes"][1]["snapshot_id"] = of_disk
    config["magento:rundeck"]["data_snapshot_id"] = of_disk
    config["magento:vpn_access"]["keys_snapshot_id"] = of_disk
    graph = build_program("prod", config={key: value for key, value in config.items() if key != "magento:certificate"})
    volumes = graph.of_type(aws.ebs.Volume)
    assert {each.name for each in volumes if each.inputs.get("snapshotId") == of_disk} == {
        "site-files-client-media",
        "operations-windows-data",
        "operations-rundeck-server-data",
        "operations-vpn-server-keys",
    }
    assert {each.ignore_changes for each in volumes} == {("snapshotId",)}
    databases = {each.name: each for each in graph.of_type(aws.rds.Instance)}
    assert databases["site-database-instance"].inputs["snapshotIdentifier"] == of_database
    assert {each.ignore_changes for each in databases.values()} == {("snapshotIdentifier", "kmsKeyId")}


KEY, OTHER_KEY = (f"arn:aws:kms:eu-west-3:123456789012:key/{each}" for each in ("of-the-stack", "of-another"))


@pytest.mark.parametrize(("key", "is_said"), [(OTHER_KEY, True), (KEY, False)])
def test_a_database_under_another_key_than_the_stacks_is_named(
    key: str, is_said: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """It stays as it is: the stack's key would replace it, with all that it has stored since."""

    def one_database() -> None:
        warn_of_another_key(aws.rds.Instance("restored", instance_class="db.r8g.large", kms_key_id=key), KEY)

    with caplog.at_level(logging.WARNING):
        build(one_database)
    said = [each.message for each in caplog.records if "the key of its snapshot" in each.message]
    expected = (
        f"it has the key of its snapshot, {key}, and not the stack's. It is lost with that key. "
        'To give it the stack\'s, read docs/operations.md, "Restore a database".'
    )
    assert said == ([expected] if is_said else [])


def test_the_one_cache_evicts_what_expires_and_so_sessions_too() -> None:
    """As the note has it: one group for caches and sessions."""
    (parameter,) = program("prod").one(aws.elasticache.ParameterGroup).inputs["parameters"]
    assert parameter == {"name": "maxmemory-policy", "value": "volatile-lru"}


@pytest.mark.parametrize("stack", STACKS)
def test_a_cache_for_sessions_evicts_nothing(stack: str) -> None:
    """It is encrypted, reached and kept as the other is, and has alarms of its own."""
    size = {"engine_version": "8.1", "node_type": "cache.t4g.small", "nodes": 2}
    shipped = stack_config(stack)
    changed = {"magento:site": {**shipped["magento:site"], "session_cache": size}}
    graph = build_program(
        stack, config={**SITE_ALONE, **changed, "magento:monitoring": shipped.get("magento:monitoring")}
    )
    groups = {each.name: each.inputs for each in graph.of_type(aws.elasticache.ReplicationGroup)}
    sessions, caches = groups["site-session-cache-cluster"], groups["site-cache-cluster"]
    policies = {
        each.name: each.inputs["parameters"][0]["value"] for each in graph.of_type(aws.elasticache.ParameterGroup)
    }
    assert policies == {
        "site-cache-parameters": "volatile-lru",
        "site-session-cache-parameters": "noeviction",
    }
    for name in (
        "atRestEncryptionEnabled",
        "transitEncryptionEnabled",
        "snapshotRetentionLimit",
        "kmsKeyId",
        "snapshotWindow",
        "maintenanceWindow",
    ):
        assert sessions[name] == caches[name]
    assert (sessions["nodeType"], sessions["numCacheClusters"]) == ("cache.t4g.small", 2)
    assert sessions["authToken"] != caches["authToken"]
    tiers = {(f"client-{stack}-site-{tier}-instances", 6379, 6379) for tier in ("front", "back-office")}
    assert admitted(graph, *sessions["securityGroupIds"]) == tiers
    alarms = {each.name for each in graph.of_type(aws.cloudwatch.MetricAlarm) if "session-cache" in each.name}
    expected = {
        f"monitoring-session-cache-{number}-{what}"
        for number in (1, 2)
        for what in ("engine-cpu", "evictions", "memory", "replica-lag")
    }
    assert alarms == (expected if stack == "prod" else set())
    assert graph.exports["session_cache_address"]


@pytest.mark.parametrize("stack", STACKS)
def test_every_parameter_is_applied_in_a_way_that_aws_takes(stack: str) -> None:
    """RDS refuses to apply a static parameter at once, and then makes no database. Of the cache's parameters, those
    that need a reboot would wait for one."""
    graph = program(stack)
    at_once = {
        parameter["name"]
        for group in graph.of_type(aws.rds.ParameterGroup)
        for parameter in group.inputs["parameters"]
        if parameter.get("applyMethod", "immediate") == "immediate"
    }
    assert at_once
    assert at_once <= DYNAMIC
    of_the_cache = {
        parameter["name"]
        for group in graph.of_type(aws.elasticache.ParameterGroup)
        for parameter in group.inputs["parameters"]
    }
    assert of_the_cache
    assert of_the_cache.isdisjoint(APPLIED_BY_REBOOT | FIXED_PARAMETERS)


def test_a_small_database_has_no_performance_insights() -> None:
    """RDS offers none for these classes, and refuses the instance."""
    site = stack_config("preprod")["magento:site"]
    for instance_class, offered in (("db.t4g.small", False), ("db.t3.micro", False), ("db.t4g.medium", True)):
        small = {**site, "database": {**site["database"], "instance_class": instance_class}}
        database = build_program("preprod", config={**SITE_ALONE, "magento:site": small}).one(aws.rds.Instance).inputs
        assert database["performanceInsightsEnabled"] is offered
        assert ("performanceInsightsKmsKeyId" in database) is offered
        assert ("performanceInsightsRetentionPeriod" in database) is offered


@pytest.mark.parametrize(("gib", "said"), [(399, (None, None)), (400, (12_000, 500))])
def test_a_large_database_asks_for_the_speed_of_its_size(gib: int, said: tuple[int | None, int | None]) -> None:
    """It grows past 400 GiB later: the figures of the smaller volume would be refused. Below, RDS takes no figures."""
    site = stack_config("preprod")["magento:site"]
    site = {**site, "database": {**site["database"], "storage_gib": gib, "max_storage_gib": 600}}
    database = build_program("preprod", config={**SITE_ALONE, "magento:site": site}).one(aws.rds.Instance).inputs
    assert (database.get("iops"), database.get("storageThroughput")) == said


def in_zones(domain: Resource) -> tuple[int, int]:
    """Over how many zones a search domain is spread, and in how many subnets it is."""
    cluster = domain.inputs["clusterConfig"]
    zones = cluster["zoneAwarenessConfig"]["availabilityZoneCount"] if cluster["zoneAwarenessEnabled"] else 1
    return zones, len(domain.inputs["vpcOptions"]["subnetIds"])


@pytest.mark.parametrize(
    ("instances", "zones", "spread"), [(3, "abc", 3), (4, "ab", 2), (2, "abc", 2), (1, "abc", 1), (4, "abc", 3)]
)
def test_search_is_in_as_many_zones_as_it_can_be(instances: int, zones: str, spread: int) -> None:
    """One for each instance, no more than the network has, three at most; and in as many subnets, as AWS asks. The
    stack that joins learns the number from the stack that owns the network."""
    network = {"cidr": "10.0.0.0/16", "zones": list(zones)}
    site = stack_config("prod")["magento:site"]
    site = {**site, "search": {**site["search"], "instances": instances}}
    owner = build_program("prod", config={**SITE_ALONE, "magento:network": network, "magento:site": site})
    assert in_zones(owner.one(aws.opensearch.Domain)) == (spread, spread)
    site = stack_config("preprod")["magento:site"]
    site = {**site, "search": {**site["search"], "instances": instances}}
    joined = {**stack_config("preprod")["magento:network"], "zones": list(zones)}
    config = {**SITE_ALONE, "magento:site": site, "magento:network": joined}
    joining = build_program("preprod", config=config, references=lambda _: owner)
    assert in_zones(joining.one(aws.opensearch.Domain)) == (spread, spread)
