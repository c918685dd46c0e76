"""The provider's own configuration: which region, which tags, and the endpoint that must be this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from sandbox.provider.errors import ConfigurationError
from sandbox.provider.tags import IgnoredTags

_OBEYED: Final = frozenset({"region", "defaultTags", "ignoreTags", "endpoints"})
# Who the caller is and how the official plugin talks to AWS: a stack file for a real account says such things, the
# embedded AWS has one account, and the plugin never reads anybody's credentials.
_MOOT: Final = frozenset(
    {
        "accessKey",
        "allowedAccountIds",
        "assumeRoleWithWebIdentity",
        "assumeRoles",
        "forbiddenAccountIds",
        "maxRetries",
        "pluginDownloadURL",
        "profile",
        "retryMode",
        "s3UsePathStyle",
        "secretKey",
        "sharedConfigFiles",
        "sharedCredentialsFiles",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "token",
        "version",
    }
)


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """One provider's configuration, checked."""

    region: str
    endpoint: str
    """Where every service is, unless ``endpoints`` says otherwise."""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """By boto3's name of the service."""
    default_tags: Mapping[str, str] = field(default_factory=dict)
    ignored_tags: IgnoredTags = field(default_factory=IgnoredTags)


def configuration(variables: Mapping[str, Any], environment: Mapping[str, str]) -> Configuration:
    """Reads what the engine passes; nested values arrive as JSON text.

    Raises ``ConfigurationError`` for a setting that the sandbox does not handle, no region, no endpoint, or an
    endpoint that is not loopback.
    """
    settings = {name: _parsed(name, value) for name, value in variables.items() if not name.startswith("__")}
    unhandled = sorted(settings.keys() - _OBEYED - _MOOT)
    if unhandled:
        raise ConfigurationError(
            f"aws:{unhandled[0]}: got a provider setting that the sandbox does not handle, expected one that it does. "
            "Add it in sandbox/provider/configuration.py."
        )
    region = settings.get("region") or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if not region:
        raise ConfigurationError(
            "aws:region: got no region, expected one. Set it with `pulumi config set aws:region eu-west-3`."
        )
    endpoints = {service: url for entry in settings.get("endpoints") or [] for service, url in entry.items() if url}
    endpoint = environment.get("AWS_ENDPOINT_URL", "")
    if not endpoint and not endpoints:
        raise ConfigurationError(
            "AWS_ENDPOINT_URL: got no endpoint, expected the embedded AWS's: this plugin talks to no other. "
            "`. .sandbox/env` sets it."
        )
    for url in filter(None, [endpoint, *endpoints.values()]):
        require_loopback(url)
    default_tags = (settings.get("defaultTags") or {}).get("tags") or {}
    ignored = settings.get("ignoreTags") or {}
    return Configuration(
        region=region,
        endpoint=endpoint,
        endpoints=endpoints,
        default_tags=default_tags,
        ignored_tags=IgnoredTags(
            keys=frozenset(ignored.get("keys") or ()), prefixes=tuple(ignored.get("keyPrefixes") or ())
        ),
    )


def require_loopback(url: str) -> None:
    """Raises ``ConfigurationError`` unless the URL names this machine by a loopback address or as ``localhost``."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback or parts.scheme not in ("http", "https"):
        raise ConfigurationError(
            f"the endpoint {url!r} is not on this machine's loopback interface: the sandbox's AWS plugin talks to the "
            "embedded AWS alone, never to a real account"
        )


def _parsed(name: str, value: Any) -> Any:
    if name not in ("defaultTags", "ignoreTags", "endpoints") or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ConfigurationError(f"the provider setting 'aws:{name}' is not valid JSON: {error}") from error
