"""Where the servers of unit tests live."""

from __future__ import annotations

from components.servers.server import ServerPlacement
from tests.unit.surroundings import CONTEXT

PLACEMENT = ServerPlacement(
    context=CONTEXT.for_system("server"),
    vpc_id="vpc-1",
    subnet_id="subnet-a",
    availability_zone="eu-west-3a",
    internal_zone_id="ZINTERNAL",
    internal_domain="internal-client.url",
)
