"""Parameter groups and events, kept on moto's backend, so that a reset deletes them too."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from moto.core.utils import utcnow
from moto.elasticache.models import elasticache_backends
from moto.elasticache.responses import ElastiCacheResponse
from moto.utilities.utils import get_partition

from sandbox.emulator.elasticache.engines import FAMILIES
from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation

EVENTS_KEPT = timedelta(days=14)  # AWS's own limit


@dataclass(kw_only=True)
class ParameterGroup:
    """A parameter group; ``values`` holds the parameters that the user has set."""

    name: str
    family: str
    description: str
    arn: str
    values: dict[str, str] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        return {
            "CacheParameterGroupName": self.name,
            "CacheParameterGroupFamily": self.family,
            "Description": self.description,
            "IsGlobal": False,
            "ARN": self.arn,
        }


def backend_of(response: ElastiCacheResponse) -> Any:
    """moto's backend for the account and region of the request."""
    return elasticache_backends[response.current_account][response.region]


def arn(backend: Any, kind: str, name: str) -> str:
    partition = get_partition(backend.region_name)
    return f"arn:{partition}:elasticache:{backend.region_name}:{backend.account_id}:{kind}:{name}"


def parameter_groups(backend: Any) -> dict[str, ParameterGroup]:
    """All parameter groups by name, including AWS's default groups."""
    if "parameter_groups" not in vars(backend):
        backend.parameter_groups = {
            f"default.{family}": ParameterGroup(
                name=f"default.{family}",
                family=family,
                description=f"Default parameter group for {family}",
                arn=arn(backend, "parametergroup", f"default.{family}"),
            )
            for family in FAMILIES
        }
    groups: dict[str, ParameterGroup] = backend.parameter_groups
    return groups


def parameter_group(backend: Any, name: str) -> ParameterGroup:
    """The group with this name. Raises ``AwsError`` CacheParameterGroupNotFound."""
    if name not in parameter_groups(backend):
        raise AwsError("CacheParameterGroupNotFound", f"CacheParameterGroup not found: {name}")
    return parameter_groups(backend)[name]


def record_event(backend: Any, source_type: str, source: str, message: str) -> None:
    """Add an event for DescribeEvents. ``source_type`` is AWS's, such as ``replication-group``."""
    events = vars(backend).setdefault("events", [])
    events.append({"SourceType": source_type, "SourceIdentifier": source, "Message": message, "Date": utcnow()})


@operation(ElastiCacheResponse)
def describe_events(response: ElastiCacheResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    now = utcnow()
    until = _naive(parameters.get("EndTime")) or now
    # AWS's default is the last hour.
    since = _naive(parameters.get("StartTime")) or until - timedelta(minutes=int(parameters.get("Duration", 60)))
    events = [
        event
        for event in vars(backend_of(response)).get("events", [])
        if max(since, now - EVENTS_KEPT) <= event["Date"] <= until
        and parameters.get("SourceType") in (None, event["SourceType"])
        and parameters.get("SourceIdentifier") in (None, event["SourceIdentifier"])
    ]
    return {"Events": events}


def _naive(moment: Any) -> datetime | None:
    """The time of a request without its zone, UTC, as moto keeps times."""
    return moment.replace(tzinfo=None) if isinstance(moment, datetime) else None
