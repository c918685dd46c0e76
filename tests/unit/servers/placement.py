"""Where the servers of unit tests live."""

from __future__ import annotations

from components.servers.server import ServerPlacement
from components.shared.tags import Tags

PLACEMENT = ServerPlacement(
    vpc_id="vpc-1",
    subnet_id="subnet-a",
    availability_zone="eu-west-3a",
    internal_zone_id="ZINTERNAL",
    internal_domain="internal-client.url",
    region="eu-west-3",
    key_arn="arn:aws:kms:eu-west-3:123456789012:key/1",
    protect=True,
    tags=Tags(client="client", environment="prod", system="server"),
)
