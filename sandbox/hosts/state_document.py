"""What the fleet is to run, as the embedded AWS says it: ``GET /moto-api/hosts``.

Fields have AWS's names in the document. Load balancers' rules and actions stay as the API describes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An instance of a Beanstalk environment."""

    instance_id: str
    address: str
    environment_name: str
    application_name: str
    instance_profile: str
    """Name or ARN; empty without one."""
    requires_token: bool
    """Whether the metadata service refuses requests without a session token (IMDSv1)."""
    region: str
    document: Json
    """All of it, with ``Deployment``, ``Properties``, ``Secrets`` and ``Options``."""

    @classmethod
    def of(cls, document: Json) -> Self:
        launch = document.get("Options", {}).get("aws:autoscaling:launchconfiguration", {})
        return cls(
            instance_id=document["InstanceId"],
            address=document["PrivateIpAddress"],
            environment_name=document["EnvironmentName"],
            application_name=document["ApplicationName"],
            instance_profile=document.get("InstanceProfile") or "",
            requires_token=document.get("HttpTokens") == "required" or launch.get("DisableIMDSv1") == "true",
            region=document.get("Region") or "us-east-1",
            document=document,
        )


@dataclass(frozen=True, kw_only=True)
class Listener:
    port: int
    protocol: str
    certificates: tuple[str, ...]
    """ARNs, the default one first."""
    rules: tuple[Json, ...]
    """As ``DescribeRules`` answers them, in the order of their priority, the default rule last."""


@dataclass(frozen=True, kw_only=True)
class LoadBalancer:
    arn: str
    name: str
    dns_name: str
    idle_seconds: int
    listeners: tuple[Listener, ...]

    @classmethod
    def of(cls, document: Json) -> Self:
        return cls(
            arn=document["Arn"],
            name=document["Name"],
            dns_name=document["DNSName"],
            # AWS's default ("Load balancer attributes").
            idle_seconds=int(document.get("Attributes", {}).get("idle_timeout.timeout_seconds", 60)),
            listeners=tuple(
                Listener(
                    port=int(listener["Port"]),
                    protocol=listener["Protocol"],
                    certificates=tuple(listener.get("Certificates", ())),
                    rules=tuple(listener["Rules"]),
                )
                for listener in sorted(document["Listeners"], key=lambda each: int(each["Port"]))
            ),
        )


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """The settings of a target group's health check, in AWS's seconds."""

    enabled: bool
    protocol: str
    port: int | None
    """None for the port that the target gets its traffic on."""
    path: str
    interval: float
    timeout: float
    healthy_threshold: int
    unhealthy_threshold: int
    codes: str
    """HTTP codes that count as healthy, such as ``200,301-303``."""

    @classmethod
    def of(cls, document: Json) -> Self:
        port = document.get("HealthCheckPort", "traffic-port")
        return cls(
            enabled=bool(document.get("HealthCheckEnabled", True)),
            protocol=document.get("HealthCheckProtocol") or "HTTP",
            port=None if port == "traffic-port" else int(port),
            path=document.get("HealthCheckPath") or "/",
            interval=float(document.get("HealthCheckIntervalSeconds") or 30),
            timeout=float(document.get("HealthCheckTimeoutSeconds") or 5),
            healthy_threshold=int(document.get("HealthyThresholdCount") or 5),
            unhealthy_threshold=int(document.get("UnhealthyThresholdCount") or 2),
            codes=(document.get("Matcher") or {}).get("HttpCode") or "200",
        )


@dataclass(frozen=True, kw_only=True)
class Target:
    id: str
    address: str
    port: int
    draining: bool


@dataclass(frozen=True, kw_only=True)
class TargetGroup:
    arn: str
    name: str
    health_check: HealthCheck
    targets: tuple[Target, ...]

    @classmethod
    def of(cls, document: Json) -> Self:
        return cls(
            arn=document["Arn"],
            name=document["Name"],
            health_check=HealthCheck.of(document.get("HealthCheck") or {}),
            targets=tuple(
                Target(
                    id=target["Id"],
                    address=target["Address"],
                    port=int(target["Port"] or document["Port"]),
                    draining=target["State"] == "draining",
                )
                for target in document["Targets"]
                # A target whose instance is gone has no address left.
                if target["Address"][:1].isdigit()
            ),
        )


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """In PEM."""

    certificate: str
    chain: str
    private_key: str


@dataclass(frozen=True, kw_only=True)
class Database:
    """An RDS instance."""

    identifier: str
    host: str
    port: int
    version: str
    user: str
    password: str
    name: str
    """The database that it begins with; empty for none."""
    restored_from: str
    """The snapshot that it begins with; empty for none."""
    restarts: int
    """How often it was rebooted, with a failover or without."""
    parameters: Mapping[str, str]

    @classmethod
    def of(cls, document: Json) -> Self:
        return cls(
            identifier=document["Identifier"],
            host=document["Host"],
            port=int(document["Port"]),
            version=document.get("EngineVersion") or "",
            user=document["MasterUser"],
            password=document["MasterPassword"] or "",
            name=document.get("DatabaseName") or "",
            restored_from=document.get("RestoredFrom") or "",
            restarts=int(document.get("Restarts") or 0),
            parameters=_texts(document.get("Parameters")),
        )


@dataclass(frozen=True, kw_only=True)
class Cache:
    """An ElastiCache replication group."""

    identifier: str
    host: str
    reader_host: str
    port: int
    token: str
    """Empty for none."""
    encrypted: bool
    failovers: int
    """How often another node became primary."""
    parameters: Mapping[str, str]

    @classmethod
    def of(cls, document: Json) -> Self:
        return cls(
            identifier=document["ReplicationGroupId"],
            host=document["Host"],
            reader_host=document.get("ReaderHost") or "",
            port=int(document["Port"]),
            token=document.get("AuthToken") or "",
            encrypted=bool(document.get("TransitEncryption")),
            failovers=int(document.get("Failovers") or 0),
            parameters=_texts(document.get("Parameters")),
        )


def _texts(parameters: Any) -> dict[str, str]:
    return {name: str(value) for name, value in (parameters or {}).items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class FileServer:
    """A server with volumes, which it exports as ``/srv/<name of the volume>``."""

    address: str
    volumes: Mapping[str, str]
    """Volume id by name: the tag ``Name``, without that of the server in front of it."""

    @classmethod
    def of(cls, document: Json) -> Self:
        server = f"{document.get('Name') or ''}-"
        return cls(
            address=document["PrivateIpAddress"],
            volumes={
                volume["Name"].removeprefix(server): volume["VolumeId"]
                for volume in document["Volumes"]
                if volume.get("Name")
            },
        )


@dataclass(frozen=True, kw_only=True)
class Record:
    """A record of a private zone. Names are without the dot at their end."""

    name: str
    type: str
    values: tuple[str, ...]

    @classmethod
    def of(cls, document: Json) -> Self:
        return cls(
            name=document["Name"].rstrip(".").lower(),
            # An alias has the type of what it stands for, and names that.
            type="CNAME" if document.get("Alias") else document["Type"],
            values=tuple(value.rstrip(".") for value in document["Values"]),
        )


@dataclass(frozen=True, kw_only=True)
class State:
    """The whole document."""

    digest: str = ""
    time_scale: float = 1
    """What AWS's waits are multiplied with."""
    instances: Mapping[str, Instance]
    load_balancers: tuple[LoadBalancer, ...]
    target_groups: Mapping[str, TargetGroup]
    certificates: Mapping[str, Certificate]
    databases: tuple[Database, ...]
    snapshots: frozenset[str]
    """The names of all snapshots of databases."""
    caches: tuple[Cache, ...]
    file_servers: tuple[FileServer, ...]
    records: tuple[Record, ...]

    @classmethod
    def of(cls, document: Json) -> Self:
        """The state in a document. Raises ``KeyError`` or ``ValueError`` for anything else."""
        instances = [Instance.of(each) for each in document["Instances"]]
        groups = [TargetGroup.of(each) for each in document["TargetGroups"]]
        return cls(
            digest=document.get("Digest", ""),
            time_scale=float(document.get("TimeScale", 1)),
            instances={each.instance_id: each for each in instances},
            load_balancers=tuple(LoadBalancer.of(each) for each in document["LoadBalancers"]),
            target_groups={each.arn: each for each in groups},
            certificates={
                arn: Certificate(
                    certificate=each["Certificate"], chain=each.get("Chain") or "", private_key=each["PrivateKey"]
                )
                for arn, each in document["Certificates"].items()
            },
            databases=tuple(Database.of(each) for each in document["Databases"]),
            snapshots=frozenset(document.get("DatabaseSnapshots", ())),
            caches=tuple(Cache.of(each) for each in document["Caches"]),
            file_servers=tuple(FileServer.of(each) for each in document["FileServers"]),
            records=tuple(Record.of(each) for each in document["Records"]),
        )

    @property
    def groups_in_use(self) -> set[str]:
        """The ARNs of the target groups that a rule forwards to."""
        return {
            arn
            for balancer in self.load_balancers
            for listener in balancer.listeners
            for rule in listener.rules
            for action in rule["Actions"]
            for arn, _ in forwarded(action)
        }


def forwarded(action: Json) -> list[tuple[str, int]]:
    """The target groups of a ``forward`` action with their weights; empty for other actions."""
    if action["Type"].lower() != "forward":
        return []
    groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    if groups:
        return [(group["TargetGroupArn"], int(group.get("Weight", 1))) for group in groups]
    return [(action["TargetGroupArn"], 1)]
