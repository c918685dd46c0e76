"""VPC endpoints: a change reaches the route tables and the subnets."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.vpcs import VPCBackend
from moto.ec2.responses.vpcs import VPCs

from sandbox.emulator.patching import patch


@patch(
    "moto.ec2.models.vpcs:VPCBackend.create_vpc_endpoint",
    sha256="1557bf3ea287216a25758b082dc7df8c2b99bda5ddf1d0a334b73bbcf19aa46d",
    upstream="A gateway endpoint has PrivateDnsEnabled true, and without a type cannot be deleted.",
)
def _create(original: Any, backend: VPCBackend, **settings: Any) -> Any:
    """An endpoint without a type is a gateway endpoint, which has no private DNS."""
    settings["endpoint_type"] = settings.get("endpoint_type") or "Gateway"
    if settings["endpoint_type"].lower() == "gateway":
        settings["private_dns_enabled"] = False
    return original(backend, **settings)


@patch(
    "moto.ec2.models.vpcs:VPCBackend.modify_vpc_endpoint",
    sha256="bffc7dbb9d5e3a16f2a0145a461fdc85de2b11f0472e0c1e1609c57c75fb8784",
    upstream="ModifyVpcEndpoint changes neither the routes of the route tables nor the interfaces in the subnets.",
)
def _modify(original: Any, backend: VPCBackend, **settings: Any) -> None:
    [endpoint] = backend.describe_vpc_endpoints(vpc_end_point_ids=[settings["vpc_id"]])
    tables, subnets = set(endpoint.route_table_ids or []), set(endpoint.subnet_ids or [])
    original(backend, **settings)
    prefix_list = endpoint.destination_prefix_list_id
    if prefix_list:
        for table in set(endpoint.route_table_ids) - tables:
            backend.create_route(table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list)
        for table in tables - set(endpoint.route_table_ids):
            backend.delete_route(table, prefix_list)
    if (endpoint.vpc_endpoint_type or "").lower() == "interface":
        gone = subnets - set(endpoint.subnet_ids)
        for id_ in [id_ for id_ in endpoint.network_interface_ids if backend.enis[id_].subnet.id in gone]:
            backend.delete_network_interface(id_)
            endpoint.network_interface_ids.remove(id_)
        for subnet in set(endpoint.subnet_ids) - subnets:
            endpoint.network_interface_ids.append(backend.create_network_interface(subnet, None).id)


@patch(
    "moto.ec2.models.vpcs:VPCBackend.delete_vpc_endpoints",
    sha256="371f5d077bf490f9d2fb92fcb55d14b248ab674e962d4798dbc8843cb28f35d8",
    upstream="DeleteVpcEndpoints fails for a gateway endpoint that is already deleted.",
)
def _delete(original: Any, backend: VPCBackend, vpce_ids: list[str] | None = None) -> None:
    """Leave out endpoints that are deleted already: their routes are gone."""
    endpoints = backend.vpc_end_points
    original(backend, [id_ for id_ in vpce_ids or [] if id_ in endpoints and endpoints[id_].state != "deleted"])


@patch(
    "moto.ec2.responses.vpcs:VPCs.modify_vpc_endpoint",
    sha256="3fe55b3f34ced8e2c8c8bfb248359ae415ed2e7dd746ed615afa87f37904811b",
    upstream="ModifyVpcEndpoint ignores PrivateDnsEnabled.",
)
def _respond(original: Any, response: VPCs) -> ActionResult:
    answer = original(response)
    private_dns = response._get_bool_param("PrivateDnsEnabled")
    if private_dns is not None:
        id_ = response._get_param("VpcEndpointId")
        response.ec2_backend.vpc_end_points[id_].private_dns_enabled = private_dns
    return answer
