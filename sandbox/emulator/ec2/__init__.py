"""EC2: VPN connections, security group rules, flow logs, instances and gateways, where moto forgets or makes up."""

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
    "vpn_connections",
    "vpn_gateways",
]
