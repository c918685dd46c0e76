"""EC2's API: networks, their gateways and what filters their traffic. Importing it makes its adapters known."""

from sandbox.provider.aws.ec2 import (
    endpoints,
    flow_logs,
    gateways,
    images,
    instances,
    interfaces,
    routes,
    security_groups,
    subnets,
    volumes,
    vpc,
    vpn_connections,
    vpn_gateways,
)

__all__ = [
    "endpoints",
    "flow_logs",
    "gateways",
    "images",
    "instances",
    "interfaces",
    "routes",
    "security_groups",
    "subnets",
    "volumes",
    "vpc",
    "vpn_connections",
    "vpn_gateways",
]
