"""``aws.lb.Listener``: a port of a load balancer."""

from __future__ import annotations

from sandbox.provider.adapter import TAGS, Aws, Property, Values, adapter
from sandbox.provider.aws.lb import actions
from sandbox.provider.aws.lb.attributes import Attribute, from_records, not_default, to_records
from sandbox.provider.aws.lb.tagging import TaggedByArn, creation_tags, read_tags

RESPONSE = "routing.http.response"
ATTRIBUTES = {
    "routingHttpResponseAccessControlAllowCredentialsHeaderValue": Attribute(
        f"{RESPONSE}.access_control_allow_credentials.header_value", ""
    ),
    "routingHttpResponseAccessControlAllowHeadersHeaderValue": Attribute(
        f"{RESPONSE}.access_control_allow_headers.header_value", ""
    ),
    "routingHttpResponseAccessControlAllowMethodsHeaderValue": Attribute(
        f"{RESPONSE}.access_control_allow_methods.header_value", ""
    ),
    "routingHttpResponseAccessControlAllowOriginHeaderValue": Attribute(
        f"{RESPONSE}.access_control_allow_origin.header_value", ""
    ),
    "routingHttpResponseAccessControlExposeHeadersHeaderValue": Attribute(
        f"{RESPONSE}.access_control_expose_headers.header_value", ""
    ),
    "routingHttpResponseAccessControlMaxAgeHeaderValue": Attribute(
        f"{RESPONSE}.access_control_max_age.header_value", ""
    ),
    "routingHttpResponseContentSecurityPolicyHeaderValue": Attribute(
        f"{RESPONSE}.content_security_policy.header_value", ""
    ),
    "routingHttpResponseServerEnabled": Attribute(f"{RESPONSE}.server.enabled", True),
    "routingHttpResponseStrictTransportSecurityHeaderValue": Attribute(
        f"{RESPONSE}.strict_transport_security.header_value", ""
    ),
    "routingHttpResponseXContentTypeOptionsHeaderValue": Attribute(
        f"{RESPONSE}.x_content_type_options.header_value", ""
    ),
    "routingHttpResponseXFrameOptionsHeaderValue": Attribute(f"{RESPONSE}.x_frame_options.header_value", ""),
    "tcpIdleTimeoutSeconds": Attribute("tcp.idle_timeout.seconds", 350),
}
"""The headers that the listener adds to answers (HTTP and HTTPS), and the idle time of a TCP connection (TCP)."""


@adapter
class Listener(TaggedByArn):
    """Its protocol decides which of its other properties AWS takes."""

    token = "aws:lb/listener:Listener"
    not_found = ("ListenerNotFound", "LoadBalancerNotFound")
    properties = {
        **{name: Property() for name in ATTRIBUTES},
        "alpnPolicy": Property(),
        "certificateArn": Property(),
        "defaultActions": Property(required=True),
        "loadBalancerArn": Property(required=True, replaces=True),
        "port": Property(),
        "protocol": Property(computed=True),
        "sslPolicy": Property(computed=True),
        "tags": TAGS,
    }
    outputs = ("arn",)

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return list(actions.ACTION.strangers(inputs.get("defaultActions"), "defaultActions"))

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("elbv2").create_listener(
            LoadBalancerArn=inputs["loadBalancerArn"], **_settings(inputs), **creation_tags(inputs)
        )
        return str(answer["Listeners"][0]["ListenerArn"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        self._set_attributes(aws, id, inputs, not_default(ATTRIBUTES, inputs))

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        elbv2 = aws.client("elbv2")
        listener = elbv2.describe_listeners(ListenerArns=[id])["Listeners"][0]
        attributes = from_records(ATTRIBUTES, elbv2.describe_listener_attributes(ListenerArn=id)["Attributes"])
        return {
            **{n: value for n, value in attributes.items() if value != ATTRIBUTES[n].default or state.get(n) == value},
            "alpnPolicy": next(iter(listener.get("AlpnPolicy", ())), None),
            "certificateArn": next((item["CertificateArn"] for item in listener.get("Certificates", ())), None),
            "defaultActions": actions.from_aws(listener["DefaultActions"], state.get("defaultActions")),
            "loadBalancerArn": listener["LoadBalancerArn"],
            "port": listener.get("Port"),
            "protocol": listener.get("Protocol"),
            "sslPolicy": listener.get("SslPolicy"),
            "tags": read_tags(aws, id),
            "arn": id,
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        if changed - ATTRIBUTES.keys():
            aws.client("elbv2").modify_listener(ListenerArn=id, **_settings(new))
        self._set_attributes(aws, id, new, changed)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("elbv2").delete_listener(ListenerArn=id)

    def _set_attributes(self, aws: Aws, id: str, values: Values, names: frozenset[str] | set[str]) -> None:
        if records := to_records(ATTRIBUTES, values, names):
            aws.client("elbv2").modify_listener_attributes(ListenerArn=id, Attributes=records)


def _settings(inputs: Values) -> Values:
    """The arguments that CreateListener and ModifyListener share. An application load balancer speaks HTTP by default,
    which the API wants spelled out."""
    application = ":loadbalancer/app/" in inputs["loadBalancerArn"]
    protocol = inputs.get("protocol") or ("HTTP" if application else None)
    settings = {
        "Port": inputs.get("port"),
        "Protocol": protocol,
        "SslPolicy": inputs.get("sslPolicy"),
        "Certificates": [{"CertificateArn": inputs["certificateArn"]}] if inputs.get("certificateArn") else None,
        "AlpnPolicy": [inputs["alpnPolicy"]] if inputs.get("alpnPolicy") else None,
        "DefaultActions": actions.to_aws(inputs["defaultActions"]),
    }
    return {name: value for name, value in settings.items() if value is not None}
