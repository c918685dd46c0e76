"""Adapters of site-to-site VPNs against the embedded AWS."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.provider.adapter import Aws
from sandbox.tests.emulator.network_parts import TAGS, a_route_table, a_vpc, a_vpn_gateway
from sandbox.tests.provider.adapter_round_trip import (
    Case,
    Sample,
    Samples,
    create,
    round_trip,
    unexercised,
)

SAMPLES = Samples()


def a_customer_gateway(aws: Aws) -> str:
    inputs = {"type": "ipsec.1", "bgpAsn": "65000", "ipAddress": "203.0.113.10"}
    return create(aws, "aws:ec2/customerGateway:CustomerGateway", inputs)


def a_vpn_connection(aws: Aws) -> str:
    inputs = {
        "type": "ipsec.1",
        "customerGatewayId": a_customer_gateway(aws),
        "vpnGatewayId": a_vpn_gateway(aws),
        "staticRoutesOnly": True,
    }
    return create(aws, "aws:ec2/vpnConnection:VpnConnection", inputs)


@SAMPLES.case("aws:ec2/vpnGateway:VpnGateway")
def attached(aws: Aws) -> Case:
    return Case(
        inputs={"vpcId": a_vpc(aws), "amazonSideAsn": "64513", "availabilityZone": "eu-west-3a", "tags": TAGS},
        updates=[{"vpcId": a_vpc(aws)}],
    )


@SAMPLES.case("aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation")
def into_a_table(aws: Aws) -> Case:
    vpc_id = a_vpc(aws)
    return Case(inputs={"vpnGatewayId": a_vpn_gateway(aws, vpc_id), "routeTableId": a_route_table(aws, vpc_id)})


@SAMPLES.case("aws:ec2/customerGateway:CustomerGateway")
def of_a_partner(aws: Aws) -> Case:
    return Case(
        inputs={
            "type": "ipsec.1",
            "bgpAsn": "65010",
            "ipAddress": "203.0.113.9",
            "deviceName": "edge-1",
            "tags": TAGS,
        }
    )


@SAMPLES.case("aws:ec2/vpnConnection:VpnConnection")
def with_tunnel_options(aws: Aws) -> Case:
    options: dict[str, Any] = {}
    changed: dict[str, Any] = {}
    for number in (1, 2):
        prefix = f"tunnel{number}"
        options |= {
            f"{prefix}InsideCidr": f"169.254.{number}0.0/30",
            f"{prefix}PresharedKey": f"key_of_tunnel_{number}",
            f"{prefix}IkeVersions": ["ikev2"],
            f"{prefix}Phase1DhGroupNumbers": [14, 20],
            f"{prefix}Phase1EncryptionAlgorithms": ["AES256-GCM-16"],
            f"{prefix}Phase1IntegrityAlgorithms": ["SHA2-256", "SHA2-512"],
            f"{prefix}Phase2DhGroupNumbers": [14, 20],
            f"{prefix}Phase2EncryptionAlgorithms": ["AES256"],
            f"{prefix}Phase2IntegrityAlgorithms": ["SHA2-256"],
            f"{prefix}StartupAction": "start",
            f"{prefix}DpdTimeoutAction": "restart",
        }
        changed |= {
            f"{prefix}PresharedKey": f"another_key_{number}",
            f"{prefix}IkeVersions": ["ikev1", "ikev2"],
            f"{prefix}Phase1DhGroupNumbers": [21],
            f"{prefix}Phase1EncryptionAlgorithms": ["AES256"],
            f"{prefix}Phase1IntegrityAlgorithms": ["SHA2-384"],
            f"{prefix}Phase1LifetimeSeconds": 3600,
            f"{prefix}Phase2DhGroupNumbers": [21],
            f"{prefix}Phase2EncryptionAlgorithms": ["AES128"],
            f"{prefix}Phase2IntegrityAlgorithms": ["SHA2-384"],
            f"{prefix}Phase2LifetimeSeconds": 1800,
            f"{prefix}StartupAction": "add",
            f"{prefix}DpdTimeoutAction": "clear",
            f"{prefix}DpdTimeoutSeconds": 40,
            f"{prefix}LogOptions": {"cloudwatchLogOptions": {"logEnabled": False}},
        }
    return Case(
        inputs={
            "type": "ipsec.1",
            "customerGatewayId": a_customer_gateway(aws),
            "vpnGatewayId": a_vpn_gateway(aws),
            "staticRoutesOnly": True,
            "localIpv4NetworkCidr": "0.0.0.0/0",
            **options,
            "tags": TAGS,
        },
        updates=[
            {"customerGatewayId": a_customer_gateway(aws), "vpnGatewayId": a_vpn_gateway(aws)},
            {"localIpv4NetworkCidr": "192.0.2.0/24", "remoteIpv4NetworkCidr": "10.20.0.0/16"},
            changed,
        ],
    )


@SAMPLES.case("aws:ec2/vpnConnection:VpnConnection")
def with_amazons_choices(aws: Aws) -> Case:
    return Case(
        inputs={
            "type": "ipsec.1",
            "customerGatewayId": a_customer_gateway(aws),
            "vpnGatewayId": a_vpn_gateway(aws),
        },
    )


@SAMPLES.case("aws:ec2/vpnConnectionRoute:VpnConnectionRoute")
def static_route(aws: Aws) -> Case:
    return Case(inputs={"destinationCidrBlock": "192.168.40.0/24", "vpnConnectionId": a_vpn_connection(aws)})


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: Aws, sample: Sample) -> None:
    """What a program says is what AWS has: at creation, after every update, and nothing is left after deletion."""
    round_trip(aws, sample)


def test_every_property_is_tried(aws: Aws) -> None:
    """A property that no case sets, or that can be updated and never is, would be accepted on trust."""
    assert unexercised(SAMPLES.all, aws) == {}
