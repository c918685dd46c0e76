"""``aws.opensearch.Domain``: a search engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Nested
from sandbox.provider.aws.opensearch.shapes import AUTO_TUNE, DOMAIN
from sandbox.provider.aws.tags import Tagging, to_records

LONGEST_NAME = 28
"""Characters of a domain's name (OpenSearch Service API reference, ``DomainName``)."""

OWN_DEFAULTS: dict[str, Values] = {"domainEndpointOptions": {"enforceHttps": True}}
"""What the official provider asks for when a block leaves it out, though AWS's default is another."""


@adapter
class Domain(Adapter):
    """Its id is its ARN; an import gives its name."""

    token = "aws:opensearch/domain:Domain"
    service = "opensearch"
    tagging = Tagging(
        service="opensearch",
        by_arn=True,
        resource="ARN",
        reading="list_tags",
        answer=("TagList",),
        setting="add_tags",
        tags="TagList",
        removing="remove_tags",
    )
    not_found = ("ResourceNotFoundException",)
    emulation = "no search engine runs: the configuration is kept, and nothing answers at the endpoint"
    properties = {
        "accessPolicies": Property(computed=True, json=True),
        "advancedOptions": Property(computed=True),
        "advancedSecurityOptions": Property(computed=True),
        "autoTuneOptions": Property(computed=True),
        "clusterConfig": Property(computed=True),
        "domainEndpointOptions": Property(computed=True),
        "domainName": Property(replaces=True, autoname=AutoName(max_length=LONGEST_NAME, lowercase=True)),
        "ebsOptions": Property(computed=True),
        "encryptAtRest": Property(computed=True, replaces=True),
        "engineVersion": Property(computed=True),
        "logPublishingOptions": Property(unordered=True),
        "nodeToNodeEncryption": Property(computed=True, replaces=True),
        "offPeakWindowOptions": Property(computed=True),
        "softwareUpdateOptions": Property(computed=True),
        "tags": TAGS,
        "vpcOptions": Property(unordered=True),
    }
    outputs = (
        "arn",
        "dashboardEndpoint",
        "dashboardEndpointV2",
        "domainEndpointV2HostedZoneId",
        "domainId",
        "endpoint",
        "endpointV2",
    )

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        blocks = {name: field.shape for name, field in DOMAIN.fields.items() if isinstance(field, Nested)}
        blocks["autoTuneOptions"] = AUTO_TUNE
        return [problem for name, shape in blocks.items() for problem in shape.unknown_keys(inputs.get(name), name)]

    def create(self, aws: Aws, inputs: Values) -> str:
        version = {"EngineVersion": inputs["engineVersion"]} if inputs.get("engineVersion") else {}
        answer = aws.client("opensearch").create_domain(
            DomainName=inputs["domainName"],
            TagList=to_records(inputs["tagsAll"]),
            **version,
            **_options(inputs, {}, frozenset(inputs)),
        )
        return str(answer["DomainStatus"]["ARN"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        self._wait_processed(aws, id)

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        domain = _find(aws, id)
        if domain is None:
            return None
        opensearch = aws.client("opensearch")
        config = opensearch.describe_domain_config(DomainName=_name(id))["DomainConfig"]
        auto_tune = config.get("AutoTuneOptions", {}).get("Options", {})
        endpoint = domain.get("Endpoint") or domain.get("Endpoints", {}).get("vpc")
        endpoint_v2 = domain.get("EndpointV2")
        return {
            **DOMAIN.from_aws({**domain, "ClusterConfig": _in_force(domain["ClusterConfig"])}, state),
            "autoTuneOptions": AUTO_TUNE.from_aws(auto_tune, state.get("autoTuneOptions")) or None,
            "domainName": domain["DomainName"],
            "engineVersion": domain["EngineVersion"],
            "logPublishingOptions": _log_publishing(domain.get("LogPublishingOptions", {}), state),
            "tags": self.tagging.read(aws, domain["ARN"]),
            "arn": domain["ARN"],
            "dashboardEndpoint": endpoint and f"{endpoint}/_dashboards",
            "dashboardEndpointV2": endpoint_v2 and f"{endpoint_v2}/_dashboards",
            "domainEndpointV2HostedZoneId": domain.get("DomainEndpointV2HostedZoneId"),
            "domainId": domain["DomainId"],
            "endpoint": endpoint,
            "endpointV2": endpoint_v2,
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        opensearch = aws.client("opensearch")
        if options := _options(new, old, changed):
            opensearch.update_domain_config(DomainName=_name(id), **options)
            self._wait_processed(aws, id)
        if "engineVersion" in changed:
            opensearch.upgrade_domain(DomainName=_name(id), TargetVersion=new["engineVersion"])
            self._wait_processed(aws, id)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("opensearch").delete_domain(DomainName=_name(id))
        aws.wait(f"deletion of search domain {_name(id)}", lambda: _find(aws, id) is None)

    def _wait_processed(self, aws: Aws, id: str) -> None:
        def processed() -> bool:
            domain = _find(aws, id) or {}
            busy = domain.get("Processing") or domain.get("UpgradeProcessing")
            return not busy and bool(domain.get("Endpoint") or domain.get("Endpoints"))

        aws.wait(f"search domain {_name(id)} to take its configuration", processed)


def _options(new: Values, old: Values, changed: frozenset[str]) -> dict[str, Any]:
    """The arguments that CreateDomain and UpdateDomainConfig share, for the properties that change."""
    wanted = {
        name: {**OWN_DEFAULTS[name], **new[name]} if name in OWN_DEFAULTS else new[name]
        for name in changed
        if new.get(name) is not None
    }
    options = DOMAIN.to_aws(wanted, {name: old.get(name) for name in wanted})
    if "autoTuneOptions" in wanted:
        options["AutoTuneOptions"] = AUTO_TUNE.to_aws(wanted["autoTuneOptions"])
    if "logPublishingOptions" in changed:
        ended = {log["logType"]: {"Enabled": False} for log in old.get("logPublishingOptions") or ()}
        options["LogPublishingOptions"] = ended | {
            log["logType"]: {
                "CloudWatchLogsLogGroupArn": log["cloudwatchLogGroupArn"],
                "Enabled": log.get("enabled", True),
            }
            for log in new.get("logPublishingOptions") or ()
        }
    return options


def _in_force(cluster_config: Mapping[str, Any]) -> dict[str, Any]:
    """The cluster's configuration without how many zones it would span: AWS remembers that when it spans one again."""
    spans_zones = cluster_config.get("ZoneAwarenessEnabled")
    return {name: value for name, value in cluster_config.items() if name != "ZoneAwarenessConfig" or spans_zones}


def _log_publishing(options: Mapping[str, Mapping[str, Any]], state: Values) -> list[Values]:
    """Where the logs go. AWS remembers a log that was turned off, which is the program's only if it says so."""
    said = {log["logType"]: log for log in state.get("logPublishingOptions") or ()}
    return [
        {
            "cloudwatchLogGroupArn": option.get("CloudWatchLogsLogGroupArn"),
            "logType": log_type,
            **({} if option["Enabled"] and "enabled" not in said.get(log_type, {}) else {"enabled": option["Enabled"]}),
        }
        for log_type, option in options.items()
        if option["Enabled"] or log_type in said
    ]


def _name(id: str) -> str:
    return id.rpartition("/")[2]


def _find(aws: Aws, id: str) -> Mapping[str, Any] | None:
    """The domain, or ``None`` when it is gone."""
    try:
        domain: Mapping[str, Any] = aws.client("opensearch").describe_domain(DomainName=_name(id))["DomainStatus"]
    except ClientError as error:
        if error.response["Error"]["Code"] in Domain.not_found:
            return None
        raise
    return domain
