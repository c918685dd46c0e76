"""EC2: VPN connections, security groups, flow logs, instances, volumes and gateways, where moto differs from AWS."""

from sandbox.emulator.ec2 import (
    customer_gateways,
    dhcp_options,
    endpoints,
    flow_logs,
    gateways,
    images,
    instances,
    interfaces,
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
    "dhcp_options",
    "endpoints",
    "flow_logs",
    "gateways",
    "images",
    "instances",
    "interfaces",
    "security_group_rules",
    "security_groups",
    "subnets",
    "volumes",
    "vpcs",
    "vpn_connections",
    "vpn_gateways",
]
