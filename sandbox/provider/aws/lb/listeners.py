"""``aws.lb.Listener``: a port of a load balancer."""

from __future__ import annotations

from sandbox.provider.adapter import TAGS, Aws, Property, Values, adapter
from sandbox.provider.aws.lb import actions
from sandbox.provider.aws.lb.tagging import TaggedByArn, creation_tags


@adapter
class Listener(TaggedByArn):
    """Its protocol decides which of its other properties AWS takes."""

    token = "aws:lb/listener:Listener"
    not_found = ("ListenerNotFound", "LoadBalancerNotFound")
    properties = {
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
        return list(actions.ACTION.unknown_keys(inputs.get("defaultActions"), "defaultActions"))

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("elbv2").create_listener(
            LoadBalancerArn=inputs["loadBalancerArn"], **_settings(inputs), **creation_tags(inputs)
        )
        return str(answer["Listeners"][0]["ListenerArn"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        listener = aws.client("elbv2").describe_listeners(ListenerArns=[id])["Listeners"][0]
        return {
            "certificateArn": next((item["CertificateArn"] for item in listener.get("Certificates", ())), None),
            "defaultActions": actions.from_aws(listener["DefaultActions"], state.get("defaultActions")),
            "loadBalancerArn": listener["LoadBalancerArn"],
            "port": listener.get("Port"),
            "protocol": listener.get("Protocol"),
            "sslPolicy": listener.get("SslPolicy"),
            "tags": self.tagging.read(aws, id),
            "arn": id,
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        aws.client("elbv2").modify_listener(ListenerArn=id, **_settings(new))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("elbv2").delete_listener(ListenerArn=id)


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
        "DefaultActions": actions.to_aws(inputs["defaultActions"]),
    }
    return {name: value for name, value in settings.items() if value is not None}
