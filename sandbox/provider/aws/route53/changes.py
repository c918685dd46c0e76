"""Changes to DNS records, and waiting until every name server has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.provider.adapter import Aws


def change_records(aws: Aws, zone_id: str, changes: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Apply changes, each an action (``CREATE``, ``UPSERT``, ``DELETE``) and a record set, all or none."""
    answer = aws.client("route53").change_resource_record_sets(
        HostedZoneId=zone_id,
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record} for action, record in changes]},
    )
    wait_in_sync(aws, answer["ChangeInfo"])


def wait_in_sync(aws: Aws, change: Mapping[str, Any]) -> None:
    """Wait until a change is everywhere."""
    if change["Status"] != "INSYNC":
        route53 = aws.client("route53")
        aws.wait(
            f"DNS change {change['Id']}",
            lambda: bool(route53.get_change(Id=change["Id"])["ChangeInfo"]["Status"] == "INSYNC"),
        )


def without_dot(name: str) -> str:
    """A DNS name as programs write it: no final dot, and ``*`` for what Route 53 answers as ``\\052``."""
    return name.removesuffix(".").replace("\\052", "*")
