"""EC2's API: networks, their gateways and what filters their traffic. Importing it makes its adapters known."""

from sandbox.provider.aws.ec2 import (
    customer_gateways,
    endpoints,
    flow_logs,
    gateways,
    images,
    instances,
    interfaces,
    routes,
    running_instances,
    security_group_rules,
    security_groups,
    subnets,
    volumes,
    vpcs,
    vpn_connections,
    vpn_gateways,
)

__all__ = [
    "customer_gateways",
    "endpoints",
    "flow_logs",
    "gateways",
    "images",
    "instances",
    "interfaces",
    "routes",
    "running_instances",
    "security_group_rules",
    "security_groups",
    "subnets",
    "volumes",
    "vpcs",
    "vpn_connections",
    "vpn_gateways",
]
