"""A record that points a host name at a load balancer or a distribution."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws


def alias_record(
    name: str,
    *,
    host_name: str,
    zone_id: pulumi.Input[str],
    target: pulumi.Input[str],
    target_zone_id: pulumi.Input[str],
    parent: pulumi.Resource,
    record_type: str = "A",
) -> aws.route53.Record:
    """An alias of ``target``, which is AWS's own name of a resource, in the public zone."""
    return aws.route53.Record(
        name,
        zone_id=zone_id,
        name=host_name,
        type=record_type,
        aliases=[
            aws.route53.RecordAliasArgs(name=target, zone_id=target_zone_id, evaluate_target_health=False),
        ],
        opts=pulumi.ResourceOptions(parent=parent, delete_before_replace=True),
    )
