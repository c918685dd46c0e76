"""OpenSearch domains: their place in a VPC, partial updates, upgrades."""

from __future__ import annotations

import re
import secrets
from typing import Any

import moto.es.urls
from moto.opensearch.models import OpenSearchDomain, OpenSearchServiceBackend
from moto.opensearch.responses import OpenSearchServiceResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.in_process import client
from sandbox.emulator.instance_types import Offer, is_offered
from sandbox.emulator.patching import operation, patch

moto.es.urls.url_paths["{0}/2021-01-01/opensearch/upgradeDomain"] = OpenSearchServiceResponse.dispatch

NEWEST_VERSION = "OpenSearch_3.1"
"""The version of a domain that is created without one. Source: OpenSearch Service developer guide, end of 2025."""

SMALLEST_GIB = 10
_COUNTS = {1: "one", 2: "two", 3: "three"}
_VERSION = re.compile(r"(?P<engine>OpenSearch|Elasticsearch)_(?P<major>\d+)\.(?P<minor>\d+)")
_MAJORS = {"OpenSearch": (1, 2, 3), "Elasticsearch": (5, 6, 7)}


@patch(
    "moto.opensearch.models:OpenSearchServiceBackend.create_domain",
    sha256="4cc2f3c0fd0240e3d6c2938f83cb0b9bef929f87427fdbfc91995d95ce014794",
    upstream="CreateDomain replaces a domain of the same name and answers the master user's password.",
)
def _create_domain(original: Any, backend: OpenSearchServiceBackend, **settings: Any) -> OpenSearchDomain:
    name = settings["domain_name"]
    if name in backend.domains:
        raise AwsError("ResourceAlreadyExistsException", f"The domain {name} already exists.", 409)
    if not settings["is_es"]:
        settings["engine_version"] = settings["engine_version"] or NEWEST_VERSION
        _parsed(settings["engine_version"])
    settings["vpc_options"] = _placed(backend, settings["vpc_options"])
    _check_zones(settings["cluster_config"], settings["vpc_options"])
    _check_instances(settings["cluster_config"], settings["ebs_options"], backend.region_name)
    settings["auto_tune_options"] = _auto_tune(settings["auto_tune_options"])
    settings["advanced_security_options"] = _without_master_user(settings["advanced_security_options"])
    domain: OpenSearchDomain = original(backend, **settings)
    suffix = f"{secrets.token_hex(13)}.{backend.region_name}.es.amazonaws.com"
    if domain.vpc_options is None:
        domain.endpoint = f"search-{name}-{suffix}"
    else:
        domain.endpoints = {"vpc": f"vpc-{name}-{suffix}"}
    return domain


@patch(
    "moto.opensearch.models:OpenSearchServiceBackend.update_domain_config",
    sha256="7bfdbdd622022858e18e4764f6ca4cc654072ceaf7db3f7c5b7a8db7c7cd6219",
    upstream="UpdateDomainConfig replaces a whole group of options instead of the options that are named.",
)
def _update_domain_config(
    original: Any, backend: OpenSearchServiceBackend, domain_name: str, **settings: Any
) -> OpenSearchDomain:
    """Change only the named options of each group."""
    domain = backend.describe_domain(domain_name)
    if settings["vpc_options"]:
        settings["vpc_options"] = _placed(backend, {**(domain.vpc_options or {}), **settings["vpc_options"]})
    if settings["auto_tune_options"]:
        settings["auto_tune_options"] = _auto_tune(settings["auto_tune_options"])
    settings["advanced_security_options"] = _without_master_user(settings["advanced_security_options"])
    for group, options in settings.items():
        if isinstance(options, dict):
            settings[group] = {**(getattr(domain, group) or {}), **options}
    _check_zones(settings["cluster_config"] or domain.cluster_config, settings["vpc_options"] or domain.vpc_options)
    _check_instances(settings["cluster_config"], settings["ebs_options"], backend.region_name)
    return original(backend, domain_name=domain_name, **settings)


@patch(
    "moto.opensearch.models:OpenSearchServiceBackend.delete_domain",
    sha256="444cf6fb79cb1bdaece653a5b569c848be27bbe4a1394c3f09a2193d25e21f53",
    upstream="A new domain has the tags of a deleted domain of the same name.",
)
def _delete_domain(original: Any, backend: OpenSearchServiceBackend, domain_name: str) -> OpenSearchDomain:
    """Delete the tags too."""
    domain = original(backend, domain_name)
    backend.tagger.delete_all_tags_for_resource(domain.arn)
    return domain


@patch(
    "moto.opensearch.models:OpenSearchDomain.dct_options",
    sha256="77db208307dc6efed5412a031aea5f48e0f4dfb82976c67d48c3024003af6f4d",
    upstream="DescribeDomain answers AutoTuneOptions without State.",
)
def _dct_options(original: Any, domain: OpenSearchDomain) -> dict[str, Any]:
    options: dict[str, Any] = original(domain)
    options["IPAddressType"] = "ipv4"
    # AWS answers the state, not the desired state of the request.
    options["AutoTuneOptions"] = {"State": options["AutoTuneOptions"]["State"]}
    return options


@operation(OpenSearchServiceResponse)
def upgrade_domain(response: OpenSearchServiceResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """Upgrade at once, unless this is a check only."""
    domain = response.opensearch_backend.describe_domain(parameters["DomainName"])
    target = parameters["TargetVersion"]
    if _parsed(target) < _parsed(domain.engine_version.options):
        raise AwsError("ValidationException", f"{domain.domain_name} cannot be downgraded to {target}.")
    if not parameters.get("PerformCheckOnly"):
        domain.engine_version.options = target
    return {
        "UpgradeId": secrets.token_hex(18),
        "DomainName": domain.domain_name,
        "TargetVersion": target,
        "PerformCheckOnly": parameters.get("PerformCheckOnly", False),
    }


def _parsed(version: str) -> tuple[bool, int, int]:
    """A version for comparison: OpenSearch is newer than Elasticsearch. Raises ``AwsError`` for an unknown version."""
    match = _VERSION.fullmatch(version)
    if match is None or int(match["major"]) not in _MAJORS[match["engine"]]:
        raise AwsError("ValidationException", f"Invalid engine version {version}")
    return match["engine"] == "OpenSearch", int(match["major"]), int(match["minor"])


def _auto_tune(options: dict[str, Any] | None) -> dict[str, Any]:
    """The options with the state that follows from the desired state."""
    options = options or {}
    return {**options, "State": options.get("DesiredState", "ENABLED")}


def _without_master_user(options: dict[str, Any] | None) -> dict[str, Any] | None:
    """Without the master user's password, which moto would answer. Nothing here needs it."""
    return {name: value for name, value in options.items() if name != "MasterUserOptions"} if options else options


def _check_zones(cluster: dict[str, Any] | None, vpc: dict[str, Any] | None) -> None:
    """Raise ``AwsError`` unless there is a data node for each zone and, in a VPC, exactly one subnet for each.

    AWS counts two zones when zone awareness is on and nothing else is said ("Configuring a multi-AZ domain").
    """
    cluster = cluster or {}
    zones = 1
    if cluster.get("ZoneAwarenessEnabled"):
        zones = (cluster.get("ZoneAwarenessConfig") or {}).get("AvailabilityZoneCount") or 2
    count = _COUNTS.get(zones)
    if count is None:
        raise AwsError("ValidationException", "AvailabilityZoneCount must be 2 or 3.")
    if zones > int(cluster.get("InstanceCount") or 1):
        raise AwsError(
            "ValidationException",
            f"You must choose a minimum of {count} data nodes for a {count} Availability Zone deployment.",
        )
    if zones == 2 and int(cluster["InstanceCount"]) % 2:
        raise AwsError(
            "ValidationException",
            "You must choose an even number of data nodes for a two Availability Zone deployment.",
        )
    if vpc and len(vpc["SubnetIds"]) != zones:
        raise AwsError(
            "ValidationException",
            f"You must specify exactly {count} subnets because you've set zone count to {count}."
            if zones > 1
            else "You must specify exactly one subnet.",
        )
    if vpc and len(vpc["AvailabilityZones"]) != zones:
        raise AwsError("ValidationException", "Each subnet must be in a different Availability Zone.")


def _check_instances(cluster: dict[str, Any] | None, ebs: dict[str, Any] | None, region: str) -> None:
    """Raise ``AwsError`` for a type that OpenSearch does not have in the region, or a disk that is too small ("EBS
    volume size quotas")."""
    kind, gib = (cluster or {}).get("InstanceType"), (ebs or {}).get("VolumeSize")
    # The older API has the same types by another name.
    if kind and not is_offered(Offer.OPENSEARCH, kind.replace(".elasticsearch", ".search"), region):
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{kind}' at 'clusterConfig.instanceType' failed to satisfy "
            "constraint: Member must satisfy enum value set",
        )
    if gib is not None and int(gib) < SMALLEST_GIB:
        raise AwsError("ValidationException", f"Volume size must be at least {SMALLEST_GIB} GiB: {gib}")


def _placed(backend: OpenSearchServiceBackend, options: dict[str, Any] | None) -> dict[str, Any] | None:
    """VPC options with the VPC and the availability zones of the subnets."""
    if not options or not options.get("SubnetIds"):
        return None
    ec2 = client("ec2", backend.region_name, backend.account_id)
    subnets = ec2.describe_subnets(SubnetIds=options["SubnetIds"])["Subnets"]
    return {
        **options,
        "VPCId": subnets[0]["VpcId"],
        "AvailabilityZones": sorted({subnet["AvailabilityZone"] for subnet in subnets}),
    }
