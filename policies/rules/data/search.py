"""OpenSearch: a site's search engine is private and encrypted, and survives the loss of a zone."""

from __future__ import annotations

from pulumi_policy import EnforcementLevel, PolicyConfigSchema, Severity

from policies.aws.private_subnets import private_subnets
from policies.generated.aws_types import opensearch
from policies.model.expectations import at_least, is_, is_not, is_set, one_of, require, spelled, within
from policies.model.properties import Known, Properties, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, OnUnknown, ResourceRule, Sources, StackRule, Undecided, Violation

# Both require TLS 1.2 or later and ciphers with forward secrecy.
_TLS_POLICIES = frozenset({"Policy-Min-TLS-1-2-PFS-2023-10", "Policy-Min-TLS-1-2-RFC9151-FIPS-2024-08"})
_LOGS = frozenset({"AUDIT_LOGS", "ES_APPLICATION_LOGS"})
_DATA_NODES = 3
_ZONES = 3
_MASTERS = 3
_SMALL_DOMAIN = 3
"""Data nodes. Three, one in each zone, can elect a master even when a zone is down. FSBP asks for three dedicated
masters in such a small domain too, which would raise its price by half."""


def _check_https(domain: Resource, _: Config) -> Findings:
    yield from is_(domain, "domainEndpointOptions.enforceHttps", True)
    path = ("domainEndpointOptions", "tlsSecurityPolicy")
    yield from one_of(domain, ".".join(path), domain.properties.read(*path), _TLS_POLICIES)


def _check_vpc(domain: Resource, _: Config) -> Findings:
    yield from is_set(domain, "vpcOptions.subnetIds")


def _check_subnets(domain: Resource, stack: Stack, _: Config) -> Findings:
    yield from private_subnets(stack, domain, "vpcOptions", "subnetIds")


def _check_access(domain: Resource, _: Config) -> Findings:
    # With it, an access policy may allow every client: the security group limits them, and each must sign in.
    yield from is_(domain, "advancedSecurityOptions.enabled", True)
    yield from is_not(domain, "advancedSecurityOptions.anonymousAuthEnabled", True)


def _check_logs(domain: Resource, _: Config) -> Findings:
    path = "logPublishingOptions"
    published = tuple(domain.properties.each(path))
    if Unknown() in published:
        yield Undecided(resource=domain, path=path)
        return
    enabled = {
        log.read("logType")
        for log in (each.value for each in published if isinstance(each, Known))
        if isinstance(log, Properties) and log.read("enabled") != Known(False)
    }
    for log in sorted(_LOGS):
        if Known(log) not in enabled:
            yield Violation(
                resource=domain, got=f"no {log} in {spelled(path)}", expected="a log group for it", part=log
            )


def _check_zones(domain: Resource, _: Config) -> Findings:
    yield from is_(domain, "clusterConfig.zoneAwarenessEnabled", True)
    yield from at_least(domain, "clusterConfig.instanceCount", _DATA_NODES)
    yield from at_least(domain, "clusterConfig.zoneAwarenessConfig.availabilityZoneCount", _ZONES)


def _check_masters(domain: Resource, config: Config) -> Findings:
    cluster = domain.properties.read("clusterConfig")
    match within(cluster, "instanceCount"):
        case Known(int() | float() as nodes) if nodes <= config.get("largest_without", _SMALL_DOMAIN):
            return
        case Unknown():
            yield Undecided(resource=domain, path="clusterConfig.instanceCount")
            return
    yield from is_(domain, "clusterConfig.dedicatedMasterEnabled", True)
    yield from at_least(domain, "clusterConfig.dedicatedMasterCount", _MASTERS)


SEARCH_AT_REST = ResourceRule(
    id="search-at-rest",
    severity=Severity.HIGH,
    why="The disks and snapshots of an unencrypted domain can be read by anyone who gets a copy.",
    fix="set encrypt_at_rest with enabled=True and kms_key_id.",
    sources=Sources(fsbp=("Opensearch.1",), pci=("3.5.1",)),
    applies_to=(opensearch.Domain,),
    check=require("encryptAtRest.enabled", True),
)

SEARCH_NODE_TO_NODE = ResourceRule(
    id="search-node-to-node",
    severity=Severity.HIGH,
    why="Nodes copy the whole index to each other, by default in plain text.",
    fix="set node_to_node_encryption with enabled=True.",
    sources=Sources(fsbp=("Opensearch.3",), pci=("4.2.1",)),
    applies_to=(opensearch.Domain,),
    check=require("nodeToNodeEncryption.enabled", True),
)

SEARCH_HTTPS = ResourceRule(
    id="search-https",
    severity=Severity.HIGH,
    why="Every request carries the site's password, which plain HTTP or old TLS exposes.",
    fix='set domain_endpoint_options with enforce_https=True and tls_security_policy="Policy-Min-TLS-1-2-PFS-2023-10".',
    sources=Sources(fsbp=("Opensearch.8",), pci=("4.2.1",)),
    applies_to=(opensearch.Domain,),
    check=_check_https,
)

SEARCH_IN_VPC = ResourceRule(
    id="search-in-vpc",
    severity=Severity.CRITICAL,
    why="A domain outside a VPC is reachable from the internet, and cannot be moved into a VPC later.",
    fix="set vpc_options with private subnets and the domain's security group.",
    sources=Sources(fsbp=("Opensearch.2",), pci=("1.3.1", "1.4.4")),
    applies_to=(opensearch.Domain,),
    check=_check_vpc,
)

SEARCH_PRIVATE_SUBNETS = StackRule(
    id="search-private-subnets",
    severity=Severity.HIGH,
    why="In subnets without a route to the internet, a domain stays private even if its rules are wrong.",
    fix="put only private subnets into vpc_options.",
    sources=Sources(fsbp=("Opensearch.2",), pci=("1.3.1", "1.4.4")),
    on_unknown=OnUnknown.DEFER,
    applies_to=(opensearch.Domain,),
    check=_check_subnets,
)

SEARCH_ACCESS = ResourceRule(
    id="search-access",
    severity=Severity.HIGH,
    why="Without fine-grained access control, every server that can connect can read and delete every index.",
    fix="set advanced_security_options with enabled=True and a master user, and leave anonymous_auth_enabled out.",
    sources=Sources(fsbp=("Opensearch.7",), pci=("7.2.1",)),
    applies_to=(opensearch.Domain,),
    check=_check_access,
)

SEARCH_LOGS = ResourceRule(
    id="search-logs",
    severity=Severity.MEDIUM,
    why="Only these logs show why a search failed and who read which data.",
    fix="publish ES_APPLICATION_LOGS and AUDIT_LOGS in log_publishing_options.",
    sources=Sources(fsbp=("Opensearch.4", "Opensearch.5"), pci=("10.2.1",)),
    applies_to=(opensearch.Domain,),
    check=_check_logs,
)

SEARCH_SEVERAL_ZONES = ResourceRule(
    id="search-several-zones",
    severity=Severity.MEDIUM,
    why="A domain in one or two zones cannot elect a master when the wrong zone fails, and the shop loses its search.",
    fix="set instance_count to 3 or more, zone_awareness_enabled=True and availability_zone_count=3.",
    sources=Sources(fsbp=("Opensearch.6",)),
    production_only=True,
    applies_to=(opensearch.Domain,),
    check=_check_zones,
)

SEARCH_DEDICATED_MASTERS = ResourceRule(
    id="search-dedicated-masters",
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
    why="In a larger domain, a busy data node that is also the master can bring down the whole cluster.",
    fix="set dedicated_master_enabled=True, dedicated_master_count=3 and dedicated_master_type.",
    sources=Sources(fsbp=("Opensearch.11",)),
    production_only=True,
    applies_to=(opensearch.Domain,),
    check=_check_masters,
    config_schema=PolicyConfigSchema(
        properties={"largest_without": {"type": "integer", "default": _SMALL_DOMAIN, "minimum": 0}}
    ),
)

SEARCH_UPDATES = ResourceRule(
    id="search-updates",
    severity=Severity.LOW,
    why="Service software updates fix known vulnerabilities, and installing each by hand is forgotten.",
    fix="set software_update_options with auto_software_update_enabled=True.",
    sources=Sources(fsbp=("Opensearch.10",), pci=("6.3.3",)),
    applies_to=(opensearch.Domain,),
    check=require("softwareUpdateOptions.autoSoftwareUpdateEnabled", True),
)

RULES = (
    SEARCH_AT_REST,
    SEARCH_NODE_TO_NODE,
    SEARCH_HTTPS,
    SEARCH_IN_VPC,
    SEARCH_PRIVATE_SUBNETS,
    SEARCH_ACCESS,
    SEARCH_LOGS,
    SEARCH_SEVERAL_ZONES,
    SEARCH_DEDICATED_MASTERS,
    SEARCH_UPDATES,
)
