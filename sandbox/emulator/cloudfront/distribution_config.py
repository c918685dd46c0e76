"""The configuration of a distribution: kept as a whole, completed with CloudFront's defaults, and checked.

Source of the defaults: Amazon CloudFront API Reference, "DistributionConfig" and the types in it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from moto.cloudfront.exceptions import OriginDoesNotExist
from moto.cloudfront.models import DISTRIBUTION_CONFIG_FIELDS, DistributionConfig

from sandbox.emulator.cloudfront.managed_policies import CACHE, ORIGIN_REQUEST, RESPONSE_HEADERS
from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch

Config = dict[str, Any]

DEFAULTS: Config = {
    "Aliases": {"Quantity": 0},
    "CacheBehaviors": {"Quantity": 0},
    "ContinuousDeploymentPolicyId": "",
    "CustomErrorResponses": {"Quantity": 0},
    "DefaultRootObject": "",
    "HttpVersion": "http2",
    "IsIPV6Enabled": True,
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "OriginGroups": {"Quantity": 0},
    "PriceClass": "PriceClass_All",
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
    "Staging": False,
    "ViewerCertificate": {"CloudFrontDefaultCertificate": True},
    "WebACLId": "",
}
ORIGIN_DEFAULTS: Config = {
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "CustomHeaders": {"Quantity": 0},
    "OriginAccessControlId": "",
    "OriginPath": "",
    "OriginShield": {"Enabled": False},
}
CUSTOM_ORIGIN_DEFAULTS: Config = {
    "OriginKeepaliveTimeout": 5,
    "OriginReadTimeout": 30,
    "OriginSslProtocols": {"Quantity": 3, "Items": ["TLSv1", "TLSv1.1", "TLSv1.2"]},
}
READING: Config = {"Quantity": 2, "Items": ["HEAD", "GET"]}
BEHAVIOR_DEFAULTS: Config = {
    "AllowedMethods": READING,
    "Compress": False,
    "FieldLevelEncryptionId": "",
    "FunctionAssociations": {"Quantity": 0},
    "LambdaFunctionAssociations": {"Quantity": 0},
    "SmoothStreaming": False,
    "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
    "TrustedSigners": {"Enabled": False, "Quantity": 0},
}
FORWARDING_DEFAULTS: Config = {"MinTTL": 0, "DefaultTTL": 86400, "MaxTTL": 31536000}
"""For a behavior without a cache policy."""
FORWARDED_DEFAULTS: Config = {"Headers": {"Quantity": 0}, "QueryStringCacheKeys": {"Quantity": 0}}
ERROR_RESPONSE_DEFAULTS: Config = {"ResponseCode": "", "ResponsePagePath": ""}

POLICIES = {
    "CachePolicyId": CACHE,
    "OriginRequestPolicyId": ORIGIN_REQUEST,
    "ResponseHeadersPolicyId": RESPONSE_HEADERS,
}

# A member that moto leaves out of a distribution's summary.
DISTRIBUTION_CONFIG_FIELDS.append("Staging")


@patch(
    "moto.cloudfront.models:DistributionConfig.__init__",
    sha256="3a8dbbe081ea6cf4e3f2777cf1012edc69039efe1430f54d6f9de67b1a56a1dc",
    upstream="A distribution loses members of its configuration and answers made-up values for others.",
)
def _init(_original: Any, config: DistributionConfig, said: Config) -> None:
    """``said`` is the request's, in AWS's spelling. Raises ``AwsError`` if it is invalid."""
    _check_quantities(said)
    filled = _filled(said)
    _check_origins(filled)
    for behavior in behaviors(filled):
        _check_policies(behavior)
    vars(config).update(filled)
    # moto's backend reads it under this name.
    config.caller_reference = filled["CallerReference"]


def behaviors(config: Config) -> Iterator[Config]:
    """The cache behaviors of a complete configuration, the default one first."""
    yield config["DefaultCacheBehavior"]
    yield from config["CacheBehaviors"].get("Items", [])


def _filled(said: Config) -> Config:
    config = _with_defaults(said, DEFAULTS)
    for origin in config["Origins"]["Items"]:
        origin |= _with_defaults(origin, ORIGIN_DEFAULTS)
        if "CustomOriginConfig" in origin:
            origin["CustomOriginConfig"] = _with_defaults(origin["CustomOriginConfig"], CUSTOM_ORIGIN_DEFAULTS)
    for behavior in behaviors(config):
        behavior |= _with_defaults(behavior, BEHAVIOR_DEFAULTS)
        behavior["AllowedMethods"].setdefault("CachedMethods", copy.deepcopy(READING))
        if "ForwardedValues" in behavior:
            behavior |= _with_defaults(behavior, FORWARDING_DEFAULTS)
            behavior["ForwardedValues"] = _with_defaults(behavior["ForwardedValues"], FORWARDED_DEFAULTS)
    for response in config["CustomErrorResponses"].get("Items", []):
        response |= _with_defaults(response, ERROR_RESPONSE_DEFAULTS)
    config["ViewerCertificate"] = _certificate(config["ViewerCertificate"])
    return config


def _with_defaults(said: Config, defaults: Config) -> Config:
    return {**copy.deepcopy(defaults), **said}


def _certificate(said: Config) -> Config:
    """With the members that older clients read. CloudFront's default certificate accepts every version of TLS."""
    if said.get("CloudFrontDefaultCertificate"):
        return {**said, "MinimumProtocolVersion": "TLSv1", "CertificateSource": "cloudfront"}
    source = "acm" if said.get("ACMCertificateArn") else "iam"
    certificate = said.get("ACMCertificateArn") or said.get("IAMCertificateId")
    return {
        "CloudFrontDefaultCertificate": False,
        "MinimumProtocolVersion": "TLSv1",
        **said,
        "Certificate": certificate,
        "CertificateSource": source,
    }


def _check_quantities(part: Any) -> None:
    """Check that every Quantity is the length of its list."""
    if isinstance(part, list):
        for item in part:
            _check_quantities(item)
    elif isinstance(part, dict):
        if "Quantity" in part and part["Quantity"] != len(part.get("Items", [])):
            raise AwsError("InconsistentQuantities", "The value of Quantity and the size of Items don't match.")
        for member in part.values():
            _check_quantities(member)


def _check_origins(config: Config) -> None:
    origins = config["Origins"]["Items"]
    known = {origin["Id"] for origin in origins} | {group["Id"] for group in config["OriginGroups"].get("Items", [])}
    if any(behavior["TargetOriginId"] not in known for behavior in behaviors(config)):
        raise OriginDoesNotExist
    for path in (origin["OriginPath"] for origin in origins if origin["OriginPath"]):
        if not path.startswith("/") or path.endswith("/"):
            raise AwsError("InvalidArgument", f"Origin path {path} must begin with / and must not end with it.")


def _check_policies(behavior: Config) -> None:
    if ("CachePolicyId" in behavior) == ("ForwardedValues" in behavior):
        raise AwsError("InvalidArgument", "A cache behavior must have either a cache policy or ForwardedValues.")
    for member, kind in POLICIES.items():
        if behavior.get(member):
            kind.config(behavior[member])
