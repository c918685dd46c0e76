"""AWS's managed cache policies, origin request policies and response headers policies.

Sources: Amazon CloudFront Developer Guide, "Use managed cache policies", "Use managed origin request policies" and "Use
managed response headers policies". Those for media services and for Amplify are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import moto.cloudfront.urls
from moto.cloudfront.responses import CloudFrontResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation

Config = dict[str, Any]

MADE = datetime(2020, 7, 22, tzinfo=UTC)
"""The day that AWS announced these policies. It does not publish when it last changed one."""
DAY, YEAR = 86400, 31536000


def _listed(*items: str) -> Config:
    return {"Quantity": len(items), "Items": list(items)}


def _cache_policy(
    name: str, *, ttl: tuple[int, int, int], compressed: bool, headers: tuple[str, ...] = (), more: str = "none"
) -> Config:
    """``ttl`` is minimum, default and maximum in seconds; ``more`` the behavior of query strings."""
    return {
        "Name": f"Managed-{name}",
        "MinTTL": ttl[0],
        "DefaultTTL": ttl[1],
        "MaxTTL": ttl[2],
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": compressed,
            "EnableAcceptEncodingBrotli": compressed,
            "HeadersConfig": _headers(headers),
            "CookiesConfig": {"CookieBehavior": "all" if headers else "none"},
            "QueryStringsConfig": {"QueryStringBehavior": more},
        },
    }


def _origin_request_policy(name: str, headers: Config, everything_else: str = "none") -> Config:
    return {
        "Name": f"Managed-{name}",
        "HeadersConfig": headers,
        "CookiesConfig": {"CookieBehavior": everything_else},
        "QueryStringsConfig": {"QueryStringBehavior": everything_else},
    }


def _headers(names: tuple[str, ...], behavior: str = "whitelist") -> Config:
    return {"HeaderBehavior": behavior, "Headers": _listed(*names)} if names else {"HeaderBehavior": "none"}


def _cors(*methods: str, **more: Config) -> Config:
    return {
        "CorsConfig": {
            "AccessControlAllowCredentials": False,
            "AccessControlAllowHeaders": _listed("*"),
            "AccessControlAllowMethods": _listed(*methods),
            "AccessControlAllowOrigins": _listed("*"),
            **more,
            "OriginOverride": False,
        }
    }


_ORIGIN_DECIDES = (
    "Host",
    "Origin",
    "X-HTTP-Method",
    "X-HTTP-Method-Override",
    "X-Method-Override",
)
_PREFLIGHT = ("Origin", "Access-Control-Request-Headers", "Access-Control-Request-Method")
_SIMPLE_CORS = _cors("GET", "HEAD")
_CORS_WITH_PREFLIGHT = _cors(
    *("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"), AccessControlExposeHeaders=_listed("*")
)
_SECURITY_HEADERS: Config = {
    "SecurityHeadersConfig": {
        "ContentTypeOptions": {"Override": True},
        "FrameOptions": {"Override": False, "FrameOption": "SAMEORIGIN"},
        "ReferrerPolicy": {"Override": False, "ReferrerPolicy": "strict-origin-when-cross-origin"},
        "StrictTransportSecurity": {
            "Override": False,
            "IncludeSubdomains": False,
            "Preload": False,
            "AccessControlMaxAgeSec": YEAR,
        },
        "XSSProtection": {"Override": False, "Protection": True, "ModeBlock": True},
    }
}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of policy: its name in the API, its path, and the policies by id."""

    shape: str
    path: str
    policies: Mapping[str, Config]

    def answer(self, id: str) -> dict[str, Any]:
        """A policy as the API answers it. Raises ``AwsError`` if there is none with this id."""
        return {"Id": id, "LastModifiedTime": MADE, f"{self.shape}Config": self.config(id)}

    def config(self, id: str) -> Config:
        """The configuration of a policy. Raises ``AwsError`` if there is none with this id."""
        if id not in self.policies:
            raise AwsError(f"NoSuch{self.shape}", f"The {self.path.replace('-', ' ')} does not exist.", 404)
        return self.policies[id]


CACHE = Kind(
    shape="CachePolicy",
    path="cache-policy",
    policies={
        "658327ea-f89d-4fab-a63d-7e88639e58f6": _cache_policy("CachingOptimized", ttl=(1, DAY, YEAR), compressed=True),
        "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": _cache_policy(
            "CachingOptimizedForUncompressedObjects", ttl=(1, DAY, YEAR), compressed=False
        ),
        "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": _cache_policy("CachingDisabled", ttl=(0, 0, 0), compressed=False),
        "83da9c7e-98b4-4e11-a168-04f0df8e2c65": _cache_policy(
            "UseOriginCacheControlHeaders", ttl=(0, 0, YEAR), compressed=True, headers=_ORIGIN_DECIDES
        ),
        "4cc15a8a-d715-48a4-82b8-cc0b614638fe": _cache_policy(
            "UseOriginCacheControlHeaders-QueryStrings",
            ttl=(0, 0, YEAR),
            compressed=True,
            headers=_ORIGIN_DECIDES,
            more="all",
        ),
    },
)
ORIGIN_REQUEST = Kind(
    shape="OriginRequestPolicy",
    path="origin-request-policy",
    policies={
        "216adef6-5c7f-47e4-b989-5492eafa07d3": _origin_request_policy(
            "AllViewer", {"HeaderBehavior": "allViewer"}, "all"
        ),
        "b689b0a8-53d0-40ab-baf2-68738e2966ac": _origin_request_policy(
            "AllViewerExceptHostHeader", _headers(("Host",), "allExcept"), "all"
        ),
        "59781a5b-3903-41f3-afcb-af62929ccde1": _origin_request_policy("CORS-CustomOrigin", _headers(("Origin",))),
        "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": _origin_request_policy("CORS-S3Origin", _headers(_PREFLIGHT)),
        "acba4595-bd28-49b8-b9fe-13317c0390fa": _origin_request_policy(
            "UserAgentRefererHeaders", _headers(("User-Agent", "Referer"))
        ),
    },
)
RESPONSE_HEADERS = Kind(
    shape="ResponseHeadersPolicy",
    path="response-headers-policy",
    policies={
        id: {"Name": f"Managed-{name}", **config}
        for id, name, config in (
            ("60669652-455b-4ae9-85a4-c4c02393f86c", "SimpleCORS", _SIMPLE_CORS),
            ("5cc3b908-e619-4b99-88e5-2cf7f45965bd", "CORS-With-Preflight", _CORS_WITH_PREFLIGHT),
            ("67f7725c-6f97-4210-82d7-5512b31e9d03", "SecurityHeadersPolicy", _SECURITY_HEADERS),
            (
                "e61eb60c-9c35-4d20-a928-2b84e02af89c",
                "CORS-and-SecurityHeadersPolicy",
                _SIMPLE_CORS | _SECURITY_HEADERS,
            ),
            (
                "eaab4381-ed33-4a86-88ca-d9558dc6cd63",
                "CORS-with-preflight-and-SecurityHeadersPolicy",
                _CORS_WITH_PREFLIGHT | _SECURITY_HEADERS,
            ),
        )
    },
)


@operation(CloudFrontResponse)
def list_cache_policies(_: CloudFrontResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    return _list(CACHE, parameters)


@operation(CloudFrontResponse)
def list_origin_request_policies(_: CloudFrontResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    return _list(ORIGIN_REQUEST, parameters)


@operation(CloudFrontResponse)
def list_response_headers_policies(_: CloudFrontResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    return _list(RESPONSE_HEADERS, parameters)


@operation(CloudFrontResponse)
def get_cache_policy(_: CloudFrontResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    return _get(CACHE, parameters)


@operation(CloudFrontResponse)
def get_origin_request_policy(_: CloudFrontResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    return _get(ORIGIN_REQUEST, parameters)


@operation(CloudFrontResponse)
def get_response_headers_policy(_: CloudFrontResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    return _get(RESPONSE_HEADERS, parameters)


def _list(kind: Kind, parameters: dict[str, Any]) -> dict[str, Any]:
    """All policies of a kind on one page; none if the request is for custom ones."""
    ids = [] if parameters.get("Type") == "custom" else list(kind.policies)
    items = [{"Type": "managed", kind.shape: kind.answer(id)} for id in ids]
    return {f"{kind.shape}List": {"MaxItems": 100, "Quantity": len(items), "Items": items}}


def _get(kind: Kind, parameters: dict[str, Any]) -> dict[str, Any]:
    id = parameters["Id"]
    # A managed policy has a single version.
    return {kind.shape: kind.answer(id), "ETag": id.replace("-", "").upper()[:14]}


for _kind in (CACHE, ORIGIN_REQUEST, RESPONSE_HEADERS):
    for _path in (_kind.path, rf"{_kind.path}/(?P<policy_id>[^/]+)"):
        moto.cloudfront.urls.url_paths[f"{{0}}/2020-05-31/{_path}$"] = CloudFrontResponse.dispatch
