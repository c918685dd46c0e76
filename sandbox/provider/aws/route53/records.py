"""``aws.route53.Record``: a DNS record, or an alias of something else in AWS."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.provider.adapter import Adapter, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Shape

TYPES = "A|AAAA|CAA|CNAME|DS|HTTPS|MX|NAPTR|NS|PTR|SOA|SPF|SRV|SSHFP|SVCB|TLSA|TXT"
ID = re.compile(rf"(?P<zone>[^_]+)_(?P<name>.*?)_(?P<type>{TYPES})(?:_(?P<set>.+))?")
"""``ZONE_name_TYPE``, and the set identifier of a record with a routing policy. A name may hold underscores too."""

QUOTED = {"SPF", "TXT"}
"""The types whose values Route 53 keeps in double quotes, which a program leaves out."""

ROUTING = {
    "failoverRoutingPolicies": {"type": "Failover"},
    "weightedRoutingPolicies": {"weight": "Weight"},
}
"""Policies of one record each, whose fields stand in the record set itself."""

ALIAS = Shape({"name": "DNSName", "zoneId": "HostedZoneId", "evaluateTargetHealth": "EvaluateTargetHealth"})

BLOCKS = {
    "aliases": ALIAS,
    **{name: Shape(fields) for name, fields in ROUTING.items()},
}


@adapter
class Record(Adapter):
    """Its id is ``ZONE_name_TYPE``, with ``_SET`` for a record with a routing policy."""

    token = "aws:route53/record:Record"
    service = "route53"
    not_found = ("NoSuchHostedZone",)
    properties = {
        "aliases": Property(),
        "allowOverwrite": Property(default=False, write_only=True),
        "failoverRoutingPolicies": Property(),
        "healthCheckId": Property(),
        "name": Property(required=True, replaces=True),
        "records": Property(unordered=True),
        "setIdentifier": Property(replaces=True),
        "ttl": Property(),
        "type": Property(required=True, replaces=True),
        "weightedRoutingPolicies": Property(),
        "zoneId": Property(required=True, replaces=True),
    }
    outputs = ("fqdn",)

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        problems = [problem for name, shape in BLOCKS.items() for problem in shape.unknown_keys(inputs.get(name), name)]
        if "aliases" in inputs and ("records" in inputs or "ttl" in inputs):
            problems.append(("aliases", "got a value, expected none beside records and ttl: an alias has its target's"))
        if "records" in inputs and "ttl" not in inputs:
            problems.append(("ttl", "missing, expected a time to live beside records"))
        return problems

    def create(self, aws: Aws, inputs: Values) -> str:
        action = "UPSERT" if inputs["allowOverwrite"] else "CREATE"
        change_records(aws, inputs["zoneId"], [(action, _to_aws(aws, inputs))])
        parts = [inputs["zoneId"], inputs["name"].lower(), inputs["type"], inputs.get("setIdentifier")]
        return "_".join(part for part in parts if part is not None)

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        record = _find(aws, id)
        if record is None:
            return None
        zone_id = _parse(id)["zone"]
        fqdn = without_dot(record["Name"])
        said_name = state.get("name")
        same_name = said_name is not None and _absolute(said_name, _zone_name(aws, zone_id)) == fqdn
        return {
            "aliases": [_alias(record["AliasTarget"], state.get("aliases"))] if "AliasTarget" in record else None,
            "healthCheckId": record.get("HealthCheckId"),
            "name": said_name if same_name else fqdn,
            "records": [_unquoted(record["Type"], item["Value"]) for item in record.get("ResourceRecords", [])],
            "setIdentifier": record.get("SetIdentifier"),
            "ttl": record.get("TTL"),
            "type": record["Type"],
            "zoneId": zone_id,
            **{name: _one(BLOCKS[name].from_aws(record)) for name in ROUTING},
            "fqdn": fqdn,
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        if changed != {"allowOverwrite"}:
            change_records(aws, new["zoneId"], [("UPSERT", _to_aws(aws, new))])

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        record = _find(aws, id)
        if record is not None:
            change_records(aws, _parse(id)["zone"], [("DELETE", record)])


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


def _to_aws(aws: Aws, inputs: Values) -> dict[str, Any]:
    kind = inputs["type"]
    record: dict[str, Any] = {
        "Name": _absolute(inputs["name"], _zone_name(aws, inputs["zoneId"])),
        "Type": kind,
        "TTL": inputs.get("ttl"),
        "HealthCheckId": inputs.get("healthCheckId"),
        "SetIdentifier": inputs.get("setIdentifier"),
    }
    if inputs.get("records"):
        record["ResourceRecords"] = [{"Value": _quoted(kind, value)} for value in inputs["records"]]
    for alias in inputs.get("aliases") or ():
        record["AliasTarget"] = ALIAS.to_aws(alias)
    for name in ROUTING:
        for policy in inputs.get(name) or ():
            record |= BLOCKS[name].to_aws(policy)
    return {name: value for name, value in record.items() if value is not None}


def _find(aws: Aws, id: str) -> Mapping[str, Any] | None:
    """The record set with an id, or ``None``."""
    wanted = _parse(id)
    name = _absolute(wanted["name"] or "", _zone_name(aws, wanted["zone"]))
    start = {"StartRecordName": name, "StartRecordType": wanted["type"]}
    pages = aws.client("route53").get_paginator("list_resource_record_sets")
    for page in pages.paginate(HostedZoneId=wanted["zone"], **start):
        for record in page["ResourceRecordSets"]:
            if without_dot(record["Name"]) != name or record["Type"] != wanted["type"]:
                return None
            if record.get("SetIdentifier") == wanted["set"]:
                found: Mapping[str, Any] = record
                return found
    return None


def _parse(id: str) -> Mapping[str, Any]:
    match = ID.fullmatch(id)
    if match is None:
        raise ValueError(f"a record's id is ZONE_name_TYPE or ZONE_name_TYPE_SET, got {id!r}")
    return match.groupdict()


def _zone_name(aws: Aws, zone_id: str) -> str:
    return without_dot(aws.client("route53").get_hosted_zone(Id=zone_id)["HostedZone"]["Name"])


def _absolute(name: str, zone: str) -> str:
    """The full name for one that may leave the zone's name out, in lower case and without a final dot."""
    name = without_dot(name.lower())
    if name == zone or name.endswith(f".{zone}"):
        return name
    return f"{name}.{zone}" if name else zone


def _alias(target: Mapping[str, Any], said: list[Values] | None) -> Values:
    """The alias; Route 53 answers its target's name in lower case and with a final dot."""
    alias = ALIAS.from_aws(target)
    alias["name"] = without_dot(alias["name"])
    for candidate in said or ():
        if without_dot(candidate["name"].lower()) == alias["name"].lower():
            alias["name"] = candidate["name"]
    return alias


def _quoted(kind: str, value: str) -> str:
    return f'"{value}"' if kind in QUOTED and not value.startswith('"') else value


def _unquoted(kind: str, value: str) -> str:
    return value[1:-1] if kind in QUOTED and value.startswith('"') and value.endswith('"') else value


def _one(policy: Values) -> list[Values] | None:
    return [policy] if policy else None
