"""Records: a batch of changes is applied as a whole or refused, by the records that the zone has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.route53.models import FakeZone, RecordSet, Route53Backend
from moto.route53.utils import validate_domain_name

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch

ADDED_SETTINGS = {"CidrRoutingConfig": "cidr_routing_config", "GeoProximityLocation": "geo_proximity_location"}
"""Members of a record set that moto drops, and the attributes that its serializer reads."""


@patch(
    "moto.route53.models:RecordSet.__init__",
    sha256="dda96e57629c0dd653a0e5665a3e1fbdaa5662abe9ce7b32a5ad05336a244acc",
    upstream="ChangeResourceRecordSets drops CidrRoutingConfig and GeoProximityLocation.",
)
def _init(original: Any, record: RecordSet, settings: dict[str, Any]) -> None:
    original(record, settings)
    for member, attribute in ADDED_SETTINGS.items():
        setattr(record, attribute, settings.get(member))


@patch(
    "moto.route53.models:Route53Backend.change_resource_record_sets",
    sha256="726369265a8a453fdd710e3377f00fd22db08085034086e204453a7112b083a3",
    upstream="Changes are checked against past changes instead of the zone's records, and a batch is not atomic.",
)
def _change(_original: Any, backend: Route53Backend, zoneid: str, change_list: list[dict[str, Any]]) -> None:
    zone = backend.get_hosted_zone(zoneid)
    records = list(zone.rrsets)
    for change in change_list:
        _apply(change["Action"], _record(zone, change["ResourceRecordSet"]), records)
    _check_aliases_by_name(zone, records)
    zone.rrsets = records


def _record(zone: FakeZone, settings: dict[str, Any]) -> RecordSet:
    validate_domain_name(settings["Name"], code="InvalidChangeBatch")
    name = f"{settings['Name'].lower().rstrip('.')}."
    if name != zone.name and not name.endswith(f".{zone.name}"):
        raise _refused(f"RRSet with DNS name {name} is not permitted in zone {zone.name}")
    values = [record["Value"] for record in settings.get("ResourceRecords") or []]
    if not values and not settings.get("AliasTarget"):
        raise _refused(f"Record set {name} {settings['Type']} has neither ResourceRecords nor an AliasTarget")
    return RecordSet({**settings, "Name": name, "ResourceRecords": values})


def _apply(action: str, record: RecordSet, records: list[RecordSet]) -> None:
    """Change ``records`` in place."""
    index = next((i for i, known in enumerate(records) if _identity(known) == _identity(record)), None)
    title = f"[name='{record.name}', type='{record.type}'" + (
        f", set identifier='{record.set_identifier}']" if record.set_identifier else "]"
    )
    if action == "DELETE":
        if index is None:
            raise _refused(f"Tried to delete resource record set {title} but it was not found")
        if _content(records[index]) != _content(record):
            raise _refused(
                f"Tried to delete resource record set {title} but the values provided do not match the current values"
            )
        del records[index]
    elif action == "CREATE" and index is not None:
        raise _refused(f"Tried to create resource record set {title} but it already exists")
    elif index is not None:
        records[index] = record
    else:
        records.append(record)


def _check_aliases_by_name(zone: FakeZone, records: Iterable[RecordSet]) -> None:
    """Refuse a CNAME beside another record of the same name, and at the apex of the zone."""
    names = [record.name for record in records if record.set_identifier is None]
    for record in records:
        if record.type == "CNAME" and record.name == zone.name:
            raise _refused(
                f"RRSet of type CNAME with DNS name {record.name} is not permitted at apex in zone {zone.name}"
            )
        if record.type == "CNAME" and names.count(record.name) > 1:
            raise _refused(
                f"RRSet of type CNAME with DNS name {record.name} is not permitted as it conflicts with other records "
                f"with the same DNS name in zone {zone.name}"
            )


def _identity(record: RecordSet) -> tuple[str, str, str | None]:
    return record.name, record.type, record.set_identifier


def _content(record: RecordSet) -> dict[str, str]:
    """The values of a record as text: a TTL may be a number or text."""
    return {name: str(value) for name, value in vars(record).items() if value is not None}


def _refused(reason: str) -> AwsError:
    return AwsError("InvalidChangeBatch", f"[{reason}]")
