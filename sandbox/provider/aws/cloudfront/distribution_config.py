"""A distribution's configuration between pulumi-aws's spelling and CloudFront's.

CloudFront wraps every list into its length and its items; ``listed`` and ``unlisted`` do that to a whole configuration
at once. Three things are put together by hand: the methods of a behavior, among which CloudFront has those that are
cached; the countries of a geographic restriction, which stand beside its type; and logging, which is a switch as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.provider.adapter import Values
from sandbox.provider.aws.blocks import Leaf, Nested, Shape

BEHAVIOR: dict[str, str | Leaf | Nested] = {
    "allowedMethods": "AllowedMethods",
    "cachePolicyId": "CachePolicyId",
    "cachedMethods": "CachedMethods",
    "compress": Leaf("Compress", default=False),
    "originRequestPolicyId": "OriginRequestPolicyId",
    "responseHeadersPolicyId": "ResponseHeadersPolicyId",
    "smoothStreaming": Leaf("SmoothStreaming", default=False),
    "targetOriginId": "TargetOriginId",
    "viewerProtocolPolicy": "ViewerProtocolPolicy",
}
CUSTOM_ORIGIN = Shape(
    {
        "httpPort": "HTTPPort",
        "httpsPort": "HTTPSPort",
        "originKeepaliveTimeout": Leaf("OriginKeepaliveTimeout", default=5),
        "originProtocolPolicy": "OriginProtocolPolicy",
        "originReadTimeout": Leaf("OriginReadTimeout", default=30),
        "originSslProtocols": "OriginSslProtocols",
    }
)
ORIGIN = Shape(
    {
        "connectionAttempts": Leaf("ConnectionAttempts", default=3),
        "connectionTimeout": Leaf("ConnectionTimeout", default=10),
        "customHeaders": Nested("CustomHeaders", Shape({"name": "HeaderName", "value": "HeaderValue"}), many=True),
        "customOriginConfig": Nested("CustomOriginConfig", CUSTOM_ORIGIN),
        "domainName": "DomainName",
        "originId": "Id",
        "originPath": Leaf("OriginPath", default=""),
    }
)
ERROR_RESPONSE = Shape(
    {
        "errorCachingMinTtl": "ErrorCachingMinTTL",
        "errorCode": "ErrorCode",
        "responseCode": "ResponseCode",
        "responsePagePath": Leaf("ResponsePagePath", default=""),
    }
)
CERTIFICATE = Shape(
    {
        "acmCertificateArn": "ACMCertificateArn",
        "cloudfrontDefaultCertificate": Leaf("CloudFrontDefaultCertificate", default=False),
        "iamCertificateId": "IAMCertificateId",
        "minimumProtocolVersion": Leaf("MinimumProtocolVersion", default="TLSv1"),
        "sslSupportMethod": "SSLSupportMethod",
    }
)
LOG = Shape(
    {
        "bucket": "Bucket",
        "includeCookies": Leaf("IncludeCookies", default=False),
        "prefix": Leaf("Prefix", default=""),
    }
)
GEO_RESTRICTION = Shape({"locations": Leaf("Locations", default=[]), "restrictionType": "RestrictionType"})

CONFIGURATION = Shape(
    {
        "aliases": "Aliases",
        "comment": "Comment",
        "customErrorResponses": Nested("CustomErrorResponses", ERROR_RESPONSE, many=True),
        "defaultCacheBehavior": Nested("DefaultCacheBehavior", Shape(BEHAVIOR)),
        "defaultRootObject": "DefaultRootObject",
        "enabled": "Enabled",
        "httpVersion": "HttpVersion",
        "isIpv6Enabled": "IsIPV6Enabled",
        "loggingConfig": Nested("Logging", LOG),
        "orderedCacheBehaviors": Nested("CacheBehaviors", Shape({"pathPattern": "PathPattern", **BEHAVIOR}), many=True),
        "origins": Nested("Origins", ORIGIN, many=True),
        "priceClass": "PriceClass",
        "restrictions": Nested("Restrictions", Shape({"geoRestriction": Nested("GeoRestriction", GEO_RESTRICTION)})),
        "viewerCertificate": Nested("ViewerCertificate", CERTIFICATE),
        "webAclId": "WebACLId",
    }
)

NOTHING: Values = {
    "Aliases": [],
    "CacheBehaviors": [],
    "Comment": "",
    "CustomErrorResponses": [],
    "DefaultRootObject": "",
    "Logging": {},
    "WebACLId": "",
}
"""What is said where the program says nothing: CloudFront wants every member at each update, or leaves it as it is."""


def to_aws(inputs: Mapping[str, Any]) -> Values:
    """The whole configuration, but for the caller's reference."""
    config = {**NOTHING, **CONFIGURATION.to_aws(inputs)}
    countries = config["Restrictions"]["GeoRestriction"].pop("Locations", [])
    logs = config.pop("Logging")
    answer: Values = listed(config)
    answer["Restrictions"]["GeoRestriction"] |= listed(countries)
    answer["Logging"] = {"IncludeCookies": False, "Bucket": "", "Prefix": "", **logs, "Enabled": bool(logs)}
    for response in answer["CustomErrorResponses"]["Items"]:
        response["ResponseCode"] = str(response.get("ResponseCode", ""))
    for behavior in (answer["DefaultCacheBehavior"], *answer["CacheBehaviors"]["Items"]):
        behavior["AllowedMethods"]["CachedMethods"] = behavior.pop("CachedMethods")
    return answer


def from_aws(config: Mapping[str, Any], said: Mapping[str, Any]) -> Values:
    """The properties that a configuration means; ``said`` is how the program wrote them last."""
    plain: Values = unlisted(config)
    if not config["Logging"]["Enabled"]:
        del plain["Logging"]
    for response in plain["CustomErrorResponses"]:
        response["ResponseCode"] = int(response["ResponseCode"]) if response["ResponseCode"] else None
    return CONFIGURATION.from_aws(plain, said)


def unknown_keys(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each key in a nested property that is not handled here: ``(path, reason)``."""
    for name, field in CONFIGURATION.fields.items():
        if isinstance(field, Nested):
            yield from field.shape.unknown_keys(inputs.get(name), name)


def listed(part: Any) -> Any:
    """With every list as its length and its items."""
    if isinstance(part, list):
        return {"Quantity": len(part), "Items": [listed(item) for item in part]}
    if isinstance(part, Mapping):
        return {name: listed(value) for name, value in part.items()}
    return part


def unlisted(part: Any) -> Any:
    """With plain lists; the members that stand beside a list's items are moved to where pulumi-aws has them."""
    if not isinstance(part, Mapping):
        return part
    members = part.keys()
    if "RestrictionType" in members:
        return {"RestrictionType": part["RestrictionType"], "Locations": part.get("Items", [])}
    if "Quantity" in members:
        return [unlisted(item) for item in part.get("Items", [])]
    plain = {name: unlisted(value) for name, value in part.items()}
    if "AllowedMethods" in members:
        plain["CachedMethods"] = part["AllowedMethods"]["CachedMethods"]["Items"]
    return plain
