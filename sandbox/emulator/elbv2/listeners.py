"""Listeners: one per port, TLS policies that exist, and mutual authentication."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.models import ELBv2Backend, FakeListener
from moto.elbv2.responses import SSL_POLICIES, ELBV2Response

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch

SECURE = ("HTTPS", "TLS")


@patch(
    "moto.elbv2.models:ELBv2Backend.create_listener",
    sha256="4d03cc78c19156a9de2bc4dbf3af7f7ff83f68038f78aa1811b7310e4488dc7b",
    upstream="CreateListener accepts a port that is taken and an unknown TLS policy, and gives HTTP a TLS policy.",
)
def _create_listener(original: Any, backend: ELBv2Backend, **settings: Any) -> FakeListener:
    balancer = backend.load_balancers.get(settings["load_balancer_arn"])
    if balancer is not None and any(int(other.port) == int(settings["port"]) for other in balancer.listeners.values()):
        raise AwsError("DuplicateListener", "A listener already exists on this port for this load balancer")
    if settings["protocol"] in SECURE:
        if settings["ssl_policy"] not in SSL_POLICIES:
            raise AwsError("SSLPolicyNotFound", f"SSL policy '{settings['ssl_policy']}' not found")
    else:
        settings["ssl_policy"] = None
    return original(backend, **settings)


@patch(
    "moto.elbv2.responses:ELBV2Response.create_listener",
    sha256="d2982d223972eedf03fc47e08b0252f68abf86c4c334175509efeb4a0ec5a69b",
    upstream="CreateListener ignores MutualAuthentication.",
)
def _respond_create_listener(original: Any, response: ELBV2Response) -> ActionResult:
    return _with_mutual_authentication(original(response), response)


@patch(
    "moto.elbv2.responses:ELBV2Response.modify_listener",
    sha256="0db1fe4e3ea9da93c6f4841f03841a6fef09da96eadb352b4b7124fb92d6944f",
    upstream="ModifyListener ignores MutualAuthentication.",
)
def _respond_modify_listener(original: Any, response: ELBV2Response) -> ActionResult:
    return _with_mutual_authentication(original(response), response)


def _with_mutual_authentication(answer: ActionResult, response: ELBV2Response) -> ActionResult:
    """Keep the MutualAuthentication of the request. It is off for a new HTTPS listener."""
    for listener in answer.result["Listeners"]:
        asked = response._get_param("MutualAuthentication")
        if asked:
            listener.mutual_authentication = dict(asked)
        elif listener.protocol == "HTTPS" and not hasattr(listener, "mutual_authentication"):
            listener.mutual_authentication = {"Mode": "off"}
    return answer
