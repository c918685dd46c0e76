"""The engines of ElastiCache, their versions and parameters.

Source of the figures: ElastiCache user guide, "Supported engines and versions" and "Engine specific parameters" (2025).
Only parameters that matter for a shop's cache are listed; a parameter group refuses others.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.emulator.errors import AwsError


@dataclass(frozen=True, kw_only=True)
class EngineVersion:
    """An engine version of a replication group."""

    engine: str
    requested: str
    """What CreateReplicationGroup takes, such as ``8.0``."""
    running: str
    """The patch release that AWS answers."""
    family: str
    """Its parameter group family."""

    @property
    def default_parameter_group(self) -> str:
        return f"default.{self.family}"


ENGINE_VERSIONS = (
    EngineVersion(engine="valkey", requested="9.1", running="9.1.0", family="valkey9"),
    EngineVersion(engine="valkey", requested="9.0", running="9.0.0", family="valkey9"),
    EngineVersion(engine="valkey", requested="8.2", running="8.2.0", family="valkey8"),
    EngineVersion(engine="valkey", requested="8.1", running="8.1.0", family="valkey8"),
    EngineVersion(engine="valkey", requested="8.0", running="8.0.1", family="valkey8"),
    EngineVersion(engine="valkey", requested="7.2", running="7.2.6", family="valkey7"),
    EngineVersion(engine="redis", requested="7.1", running="7.1.0", family="redis7"),
    EngineVersion(engine="redis", requested="7.0", running="7.0.7", family="redis7"),
    EngineVersion(engine="redis", requested="6.2", running="6.2.6", family="redis6.x"),
)
"""Newest first."""

FAMILIES = tuple(dict.fromkeys(version.family for version in ENGINE_VERSIONS))

PARAMETER_DEFAULTS = {
    "active-defrag-cycle-max": "75",
    "active-defrag-cycle-min": "5",
    "active-defrag-ignore-bytes": "104857600",
    "active-defrag-max-scan-fields": "1000",
    "active-defrag-threshold-lower": "10",
    "active-defrag-threshold-upper": "100",
    "activedefrag": "no",
    "activerehashing": "yes",
    "acllog-max-len": "128",
    "client-output-buffer-limit-normal-hard-limit": "0",
    "client-output-buffer-limit-normal-soft-limit": "0",
    "client-output-buffer-limit-normal-soft-seconds": "0",
    "client-output-buffer-limit-pubsub-hard-limit": "33554432",
    "client-output-buffer-limit-pubsub-soft-limit": "8388608",
    "client-output-buffer-limit-pubsub-soft-seconds": "60",
    "client-query-buffer-limit": "1073741824",
    "cluster-allow-reads-when-down": "no",
    "cluster-enabled": "no",
    "databases": "16",
    "hash-max-listpack-entries": "512",
    "hash-max-listpack-value": "64",
    "latency-tracking": "no",
    "lazyfree-lazy-eviction": "no",
    "lazyfree-lazy-expire": "no",
    "lazyfree-lazy-server-del": "no",
    "lazyfree-lazy-user-del": "yes",
    "lfu-decay-time": "1",
    "lfu-log-factor": "10",
    "list-compress-depth": "0",
    "list-max-listpack-size": "-2",
    "maxmemory-policy": "volatile-lru",
    "maxmemory-samples": "3",
    "min-replicas-max-lag": "10",
    "min-replicas-to-write": "0",
    "notify-keyspace-events": "",
    "proto-max-bulk-len": "536870912",
    "replica-allow-chaining": "yes",
    "replicas-allow-expiry": "no",
    "reserved-memory-percent": "25",
    "set-max-intset-entries": "512",
    "slowlog-log-slower-than": "10000",
    "slowlog-max-len": "128",
    "stream-node-max-bytes": "4096",
    "stream-node-max-entries": "100",
    "tcp-keepalive": "300",
    "timeout": "0",
    "tracking-table-max-keys": "1000000",
    "zset-max-listpack-entries": "128",
    "zset-max-listpack-value": "64",
}

APPLIED_BY_REBOOT = frozenset({"activerehashing", "cluster-enabled", "databases"})
"""The parameters of which a change applies after a reboot (``ChangeType`` of DescribeCacheParameters)."""

FIXED_PARAMETERS = frozenset({"list-max-listpack-size", "replica-allow-chaining"})
"""The parameters that AWS lets nobody change (``IsModifiable`` of DescribeCacheParameters)."""


def engine_version(engine: str, version: str | None) -> EngineVersion:
    """The version for a requested one, which may be a patch release; the newest for None.

    Raises ``AwsError`` InvalidParameterValue for an unknown engine, InvalidParameterCombination for an unknown version.
    """
    of_engine = [known for known in ENGINE_VERSIONS if known.engine == engine]
    if not of_engine:
        raise AwsError("InvalidParameterValue", f"Unrecognized engine name {engine}")
    if version is None:
        return of_engine[0]
    for known in of_engine:
        if version in (known.requested, known.running) or version == f"{known.running[0]}.x":
            return known
    raise AwsError("InvalidParameterCombination", f"Cannot find version {version} for {engine}")
