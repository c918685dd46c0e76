"""What EC2, Systems Manager and CloudWatch say of one server."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from commands.aws_api import AwsApi, tags_of

_BOOT_TAG = "BootStatus"
_CONFIGURATION_TAG = "Configuration"
_MOST_NAMES = 50
"""Of one filter ("ParameterStringFilter")."""
_NAMESPACE = "Servers"
_READY_METRIC = "BootReady"
_DISK_METRIC, _DIRECTORY = "DiskUsedPercent", "Directory"
LINUX_LOG = "/var/log/boot-platform.log"
_WINDOWS_LOG = r"C:\ProgramData\Platform\boot.log"
_MOST_QUERIES = 500
"""Of one call ("GetMetricData")."""
_RECENT = timedelta(minutes=30)
"""A server publishes every five minutes."""
_AHEAD = timedelta(minutes=1)
"""A server's clock may be ahead of this computer's, and the end of the time that is asked for is not part of it."""


@dataclass(frozen=True, kw_only=True)
class ServerState:
    """One server of a stack."""

    name: str
    """Its name in the stack output ``servers``."""
    instance_id: str
    state: str
    """EC2's state of the instance; ``impaired`` when it runs and EC2's status checks fail; ``missing`` without one."""
    boot: str
    """``ready``, ``booting`` or ``failed``, as the server tags itself; ``none`` before it has said anything."""
    serves: bool = True
    """Whether its services run and its file systems can be written, as it said last. It says so every five minutes."""
    configuration: str = ""
    """``applied``, ``incomplete`` or ``refused``, as the server says of the newest version of its configuration;
    ``waiting`` before it has said anything of that; empty for a server without one."""
    configuration_version: int | None = None
    """The newest, as Systems Manager counts them."""
    refusal: str = ""
    """Why it was refused or is incomplete, in the words of the program that said so."""
    log: str = ""
    """The file on the server with everything that its boot printed."""
    private_address: str = ""
    public_address: str = ""
    release: str = ""
    """Of the operating system, such as ``Debian 12``. Empty until Systems Manager's agent has said it."""
    started: datetime | None = None
    """When EC2 last started the instance."""
    disks: Mapping[str, float] = field(default_factory=dict)
    """The percentage of each file system that is used, by its directory or drive letter."""

    @property
    def is_ready(self) -> bool:
        return self.state == "running" and self.boot == "ready" and self.serves

    @property
    def is_up_to_date(self) -> bool:
        """Whether its newest configuration is in effect."""
        return self.configuration in ("", "applied")

    @property
    def uptime(self) -> timedelta | None:
        """The time since it started; None when it does not run."""
        return datetime.now(UTC) - self.started if self.started and self.state in ("running", "impaired") else None

    @property
    def fullest_disk(self) -> tuple[str, float] | None:
        """Of its file systems the one with the least free space, and the percentage that is used."""
        return max(self.disks.items(), key=lambda each: each[1], default=None)

    def as_document(self) -> dict[str, Any]:
        """What ``--json`` prints of it."""
        started = self.started.astimezone(UTC).isoformat(timespec="seconds") if self.started else None
        return {**asdict(self), "started": started, "ready": self.is_ready, "up_to_date": self.is_up_to_date}


def read(api: AwsApi, servers: Mapping[str, str]) -> list[ServerState]:
    """The state of each server, of which the stack knows the instance's id. Raises ``CommandError``."""
    ids = sorted(servers.values())
    # By a filter, which says nothing of an instance that is gone.
    chosen = [{"Name": "instance-id", "Values": ids}]
    reservations = api.list("ec2", "describe_instances", "Reservations", Filters=chosen)
    instances = {each["InstanceId"]: each for one in reservations for each in one["Instances"]}
    statuses = api.list("ec2", "describe_instance_status", "InstanceStatuses")
    impaired = {each["InstanceId"] for each in statuses if _is_impaired(each)}
    chosen = [{"Key": "InstanceIds", "Values": ids}]
    known = api.list("ssm", "describe_instance_information", "InstanceInformationList", Filters=chosen)
    releases = {each["InstanceId"]: _release(each) for each in known}
    disks: dict[str, dict[str, float]] = {}
    for id, directory, percent in _newest(api, set(ids), _DISK_METRIC):
        if directory:
            disks.setdefault(id, {})[directory] = percent
    reported = {id: value for id, _, value in _newest(api, set(ids), _READY_METRIC)}
    configurations = _configurations(api, instances.values())
    return [
        ServerState(
            name=name,
            instance_id=id,
            state="impaired" if id in impaired else instances[id]["State"]["Name"],
            boot=tags_of(instances[id].get("Tags")).get(_BOOT_TAG, "none"),
            serves=_serves(reported.get(id), configurations.get(id, {})),
            **configurations.get(id, {}),
            log=_WINDOWS_LOG if instances[id].get("Platform") == "windows" else LINUX_LOG,
            private_address=instances[id].get("PrivateIpAddress", ""),
            public_address=instances[id].get("PublicIpAddress", ""),
            release=releases.get(id, ""),
            started=instances[id]["LaunchTime"],
            disks=disks.get(id, {}),
        )
        if id in instances
        else ServerState(name=name, instance_id=id, state="missing", boot="none")
        for name, id in servers.items()
    ]


def _is_impaired(status: Mapping[str, Any]) -> bool:
    return "impaired" in (status["InstanceStatus"]["Status"], status["SystemStatus"]["Status"])


def _release(agent: Mapping[str, Any]) -> str:
    """Such as ``Debian 12`` of ``Debian GNU/Linux``, and ``Windows 2022`` of Windows Server, whose name holds it."""
    name = agent.get("PlatformName", "").replace(" GNU/Linux", "")
    if found := re.search(r"Windows Server (\d+)", name):
        return f"Windows {found[1]}"
    return f"{name} {agent.get('PlatformVersion', '')}".strip()


def _configurations(api: AwsApi, instances: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """How it stands with the newest version of each instance's configuration, by instance, where it has one."""
    tags = {each["InstanceId"]: tags_of(each.get("Tags")) for each in instances}
    names = {id: _parameter(each) for id, each in tags.items()}
    versions: dict[str, int] = {}
    for first in range(0, len(names), _MOST_NAMES):
        chosen = [{"Key": "Name", "Option": "Equals", "Values": list(names.values())[first : first + _MOST_NAMES]}]
        found = api.list("ssm", "describe_parameters", "Parameters", ParameterFilters=chosen)
        versions |= {each["Name"]: each["Version"] for each in found}
    return {id: _told(tags[id], versions[name]) for id, name in names.items() if name in versions}


def _parameter(tags: Mapping[str, str]) -> str:
    """The name of the parameter with a server's configuration, which the stack makes of the same parts."""
    owner = f"{tags.get('Client')}-{tags.get('Environment')}"
    return f"/servers/{owner}/{tags.get('Name', '').removeprefix(f'{owner}-')}/configuration"


def _told(tags: Mapping[str, str], newest: int) -> dict[str, Any]:
    version, _, rest = tags.get(_CONFIGURATION_TAG, "").partition(" ")
    result, _, reason = rest.partition(": ") if version == str(newest) else ("waiting", "", "")
    return {"configuration": result, "configuration_version": newest, "refusal": reason}


def _serves(reported: float | None, configuration: Mapping[str, Any]) -> bool:
    """Not if it has said that it is not ready, unless that is because of its configuration. Of a server that says
    nothing, the tag is all that is known."""
    return reported != 0 or configuration.get("configuration", "applied") != "applied"


def _newest(api: AwsApi, ids: set[str], metric_name: str) -> Iterator[tuple[str, str, float]]:
    """The newest value of each metric of that name, if it is not older than ``_RECENT``, with the instance and the
    directory that it is of. The directory is empty for a metric of the whole server."""
    metrics = []
    for metric in api.list("cloudwatch", "list_metrics", "Metrics", Namespace=_NAMESPACE, MetricName=metric_name):
        dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        if dimensions.get("InstanceId") in ids:
            metrics.append((dimensions["InstanceId"], dimensions.get(_DIRECTORY, ""), metric))
    for first in range(0, len(metrics), _MOST_QUERIES):
        some = metrics[first : first + _MOST_QUERIES]
        queries = [
            {"Id": f"metric{number}", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}
            for number, (_, _, metric) in enumerate(some)
        ]
        now = datetime.now(UTC)
        asked = {"MetricDataQueries": queries, "StartTime": now - _RECENT, "EndTime": now + _AHEAD}
        for result in api.list("cloudwatch", "get_metric_data", "MetricDataResults", **asked):
            if result["Values"]:
                id, directory, _ = some[int(result["Id"].removeprefix("metric"))]
                _, value = max(zip(result["Timestamps"], result["Values"], strict=True))
                yield id, directory, value
