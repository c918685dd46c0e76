"""The options of a VPN connection's two tunnels: ``tunnel1…`` and ``tunnel2…`` to and from AWS's records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from sandbox.provider.adapter import Property, Values
from sandbox.provider.aws.blocks import Nested, Shape

TUNNELS = (1, 2)

LOG_OPTIONS = Shape(
    {
        "cloudwatchLogOptions": Nested(
            "CloudWatchLogOptions",
            Shape(
                {
                    "logEnabled": "LogEnabled",
                    "logGroupArn": "LogGroupArn",
                    "logOutputFormat": "LogOutputFormat",
                    "bgpLogEnabled": "BgpLogEnabled",
                    "bgpLogGroupArn": "BgpLogGroupArn",
                    "bgpLogOutputFormat": "BgpLogOutputFormat",
                }
            ),
        )
    }
)


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option of a tunnel."""

    argument: str
    """Its name in a request."""
    field: str
    """Its name in an answer."""
    rule: Property
    values: bool = False
    """A list that AWS wraps item by item: ``[{"Value": …}]``."""


def _option(argument: str, field: str = "", *, rule: Property | None = None, values: bool = False) -> Option:
    return Option(
        argument=argument,
        field=field or argument,
        # Whatever a program does not set, AWS chooses.
        rule=rule or Property(computed=True, unordered=values),
        values=values,
    )


OPTIONS = {
    "DpdTimeoutAction": _option("DPDTimeoutAction", "DpdTimeoutAction"),
    "DpdTimeoutSeconds": _option("DPDTimeoutSeconds", "DpdTimeoutSeconds"),
    "IkeVersions": _option("IKEVersions", "IkeVersions", values=True),
    "InsideCidr": _option("TunnelInsideCidr", rule=Property(computed=True, replaces=True)),
    "LogOptions": _option("LogOptions"),
    "Phase1DhGroupNumbers": _option("Phase1DHGroupNumbers", values=True),
    "Phase1EncryptionAlgorithms": _option("Phase1EncryptionAlgorithms", values=True),
    "Phase1IntegrityAlgorithms": _option("Phase1IntegrityAlgorithms", values=True),
    "Phase1LifetimeSeconds": _option("Phase1LifetimeSeconds"),
    "Phase2DhGroupNumbers": _option("Phase2DHGroupNumbers", values=True),
    "Phase2EncryptionAlgorithms": _option("Phase2EncryptionAlgorithms", values=True),
    "Phase2IntegrityAlgorithms": _option("Phase2IntegrityAlgorithms", values=True),
    "Phase2LifetimeSeconds": _option("Phase2LifetimeSeconds"),
    "PresharedKey": _option("PreSharedKey", rule=Property(computed=True, secret=True)),
    "StartupAction": _option("StartupAction"),
}
"""pulumi-aws's name of each option, after ``tunnel1`` or ``tunnel2``."""

# From the connection's configuration document, an XML, which alone tells them.
ADDRESSES = {
    "Address": "vpn_gateway/tunnel_outside_address/ip_address",
    "CgwInsideAddress": "customer_gateway/tunnel_inside_address/ip_address",
    "VgwInsideAddress": "vpn_gateway/tunnel_inside_address/ip_address",
    "BgpAsn": "vpn_gateway/bgp/asn",
    "BgpHoldtime": "vpn_gateway/bgp/hold_time",
}

PROPERTIES = {f"tunnel{number}{name}": option.rule for number in TUNNELS for name, option in OPTIONS.items()}
OUTPUTS = tuple(f"tunnel{number}{name}" for number in TUNNELS for name in ADDRESSES)


def unknown_keys(inputs: Values) -> list[tuple[str, str]]:
    """Nested keys of the tunnels' properties that are not handled."""
    return [
        stranger
        for number in TUNNELS
        for stranger in LOG_OPTIONS.unknown_keys(inputs.get(f"tunnel{number}LogOptions"), f"tunnel{number}LogOptions")
    ]


def to_aws(inputs: Values, number: int, names: Iterable[str] = OPTIONS) -> Values:
    """The ``TunnelOptions`` record of one tunnel's named options, as far as the program sets them."""
    record: Values = {}
    for name in names:
        value = inputs.get(f"tunnel{number}{name}")
        if value is None:
            continue
        option = OPTIONS[name]
        if option.values:
            record[option.argument] = [{"Value": item} for item in value]
        else:
            record[option.argument] = LOG_OPTIONS.to_aws(value) if name == "LogOptions" else value
    return record


def changed_options(changed: Iterable[str], number: int) -> list[str]:
    """The options of one tunnel among changed properties."""
    prefix = f"tunnel{number}"
    return [name.removeprefix(prefix) for name in changed if name.removeprefix(prefix) in OPTIONS]


def from_aws(connection: Any) -> Values:
    """The tunnels' properties and outputs of a ``VpnConnection`` record. Tunnel 1 is the one that AWS lists first."""
    records = connection.get("Options", {}).get("TunnelOptions", [])
    documents = _documents(connection.get("CustomerGatewayConfiguration", ""))
    answer: Values = dict.fromkeys(OUTPUTS)
    for number, record in zip(TUNNELS, records, strict=False):
        prefix = f"tunnel{number}"
        for name, option in OPTIONS.items():
            value = record.get(option.field)
            if value is not None and option.values:
                value = [item["Value"] for item in value]
            elif value is not None and name == "LogOptions":
                value = LOG_OPTIONS.from_aws(value)
            answer[prefix + name] = value
        document = documents.get(record["OutsideIpAddress"])
        if document is not None:
            answer |= {prefix + name: document.findtext(path) for name, path in ADDRESSES.items()}
            holdtime = answer[f"{prefix}BgpHoldtime"]
            answer[f"{prefix}BgpHoldtime"] = int(holdtime) if holdtime else None
    return answer


def _documents(configuration: str) -> dict[str, ElementTree.Element]:
    """Each tunnel's element of the configuration document, by its outside address at Amazon's end."""
    if not configuration.strip():
        return {}
    tunnels = ElementTree.fromstring(configuration.strip()).iter("ipsec_tunnel")
    return {tunnel.findtext(ADDRESSES["Address"], ""): tunnel for tunnel in tunnels}
