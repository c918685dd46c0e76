"""Hosted zones: private ones for a VPC, and one zone per caller reference."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.route53.responses import Route53

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation

START_OF_AUTHORITY = "{server}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
"""moto's is the text of a Python dict."""


@operation(Route53)
def create_hosted_zone(response: Route53, parameters: dict[str, Any]) -> dict[str, Any]:
    reference = parameters["CallerReference"]
    if any(zone.caller_reference == reference for zone in response.backend.zones.values()):
        raise AwsError("HostedZoneAlreadyExists", f"A hosted zone has already been created with {reference}.")
    vpc = parameters.get("VPC")
    config = parameters.get("HostedZoneConfig", {})
    private = vpc is not None or config.get("PrivateZone", False)
    zone = response.backend.create_hosted_zone(
        f"{parameters['Name'].lower().rstrip('.')}.",
        private_zone=private,
        caller_reference=reference,
        vpcid=vpc["VPCId"] if vpc else None,
        vpcregion=vpc["VPCRegion"] if vpc else None,
        comment=config.get("Comment"),
        delegation_set_id=parameters.get("DelegationSetId"),
    )
    [authority] = [record for record in zone.rrsets if record.type == "SOA"]
    authority.records = [START_OF_AUTHORITY.format(server=zone.delegation_set.name_servers[0])]
    answer = {
        "HostedZone": zone,
        "ChangeInfo": {"Id": "/change/C1PA6795UKMFR9", "Status": "INSYNC", "SubmittedAt": utcnow()},
        "Location": f"https://route53.amazonaws.com/2013-04-01{zone.id}",
    }
    return answer | ({"VPC": vpc} if private else {"DelegationSet": zone.delegation_set})
