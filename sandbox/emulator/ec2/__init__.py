"""EC2: VPN connections, security group rules, flow logs, instances and gateways, where moto forgets or makes up."""

from sandbox.emulator.ec2 import (
    endpoints,
    flow_logs,
    images,
    instances,
    interfaces,
    network,
    route_propagation,
    security_groups,
    volumes,
    vpn_connections,
)

__all__ = [
    "endpoints",
    "flow_logs",
    "images",
    "instances",
    "interfaces",
    "network",
    "route_propagation",
    "security_groups",
    "volumes",
    "vpn_connections",
]
