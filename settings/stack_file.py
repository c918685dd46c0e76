"""The stack file, typed and validated: the only reader of ``Pulumi.<stack>.yaml``.

Every fault is reported at once, before anything is created: first each key and each section by itself, and once those
are right, what the sections ask of each other (``consistency.py``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Annotated, Any

import pulumi
import pulumi_aws as aws
from pulumi.runtime.config import CONFIG, is_config_secret
from pydantic import ValidationError

from settings import host_names
from settings.backups import BackupSettings
from settings.bucket import BucketSettings
from settings.certificate import CertificateSettings
from settings.consistency import inconsistencies
from settings.content_delivery import ContentDeliverySettings
from settings.cost_report import CostReportSettings
from settings.database import DatabaseSettings
from settings.domains import DomainsSettings
from settings.file_server import FileServerSettings
from settings.gateway import GatewaySettings
from settings.keeping import KeepingSettings
from settings.messages import MISSING, SECRET, Fault, Words
from settings.monitoring import MonitoringSettings
from settings.network import JoinedNetworkSettings, NetworkSettings, OwnNetworkSettings
from settings.operations import OperationsSettings
from settings.php_my_admin import PhpMyAdminSettings
from settings.releases import ReleaseSettings
from settings.rundeck import RundeckSettings
from settings.satellite import SatelliteSettings
from settings.section import Section
from settings.session_manager import SessionManagerSettings
from settings.shared_platform import SharedPlatformSettings
from settings.site import SiteSettings
from settings.validation import faults_in
from settings.values import Limit, ShortName
from settings.vpn_access import VpnAccessSettings
from settings.vpn_link import VpnLinkSettings
from settings.windows import WindowsSettings

_NAMESPACE = "magento:"
_REGION = "region"
_OF_OTHERS = ("aws", "random", "pulumi")
"""The namespaces of what else reads a stack file: the two providers, and Pulumi itself."""


class SettingsError(pulumi.RunError):
    """The stack file is invalid. Ends the program without a traceback."""


OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso", "eu-iso", "eusc-")
"""How the regions begin that are not in the partition ``aws``. The program's ARNs begin with ``arn:aws:``."""

Region = Annotated[
    str,
    Limit(
        expected="the name of an AWS region, such as eu-west-3",
        holds=lambda name: name in {each.value for each in aws.Region},
    ),
    Limit(
        expected="a region of the partition aws, such as eu-west-3, and not one of China, a government or a sovereign "
        "cloud",
        holds=lambda name: not name.startswith(OTHER_PARTITIONS),
    ),
]


class Settings(Section):
    """One stack. It builds the sections that its stack file has."""

    region: Region
    """The AWS region, from `aws:region`."""
    client: ShortName
    """The client's short name, in tags and names."""
    environment: ShortName
    """What this stack is to the client, such as `prod`, in tags and names."""
    protect: bool = True
    """Whether the network, databases, caches, buckets, zones, keys and secrets refuse to be deleted. Set it to `false`
    and run `pulumi up` before you remove them."""
    final_snapshots: bool = True
    """Whether a database or a data volume leaves a last snapshot when it is deleted, and a database its automated
    backups."""
    network: NetworkSettings
    """The network: `cidr` for one of its own, or `stack` for that of another stack."""
    vpn_links: tuple[VpnLinkSettings, ...] = ()
    """The site-to-site VPN links."""
    domains: DomainsSettings | None = None
    """The domains. A stack with a network of its own needs them."""
    certificate: CertificateSettings | None = None
    """The imported certificate. A stack with a network of its own needs it."""
    buckets: tuple[BucketSettings, ...] = ()
    """The private buckets. A stack with a network of its own needs them."""
    cost_report: CostReportSettings | None = None
    """The report of what AWS charges."""
    session_manager: SessionManagerSettings | None = None
    """Session Manager's preferences in the account and region: its sessions are recorded."""
    shared_database: DatabaseSettings | None = None
    """The database of the satellites. A stack with satellites needs it."""
    site: SiteSettings
    """The shop."""
    releases: ReleaseSettings | None = None
    """The role that Rundeck and CI release with."""
    file_server: FileServerSettings | None = None
    """The NFS server of the site."""
    satellites: tuple[SatelliteSettings, ...] = ()
    """The applications beside the shop."""
    vpn_access: VpnAccessSettings | None = None
    """The OpenVPN server."""
    gateway: GatewaySettings | None = None
    """The HAProxy gateway."""
    windows: WindowsSettings | None = None
    """The Windows server. It needs a gateway."""
    rundeck: RundeckSettings | None = None
    """The Rundeck server."""
    php_my_admin: PhpMyAdminSettings | None = None
    """The phpMyAdmin server."""
    content_delivery: ContentDeliverySettings | None = None
    """The CloudFront distributions."""
    monitoring: MonitoringSettings | None = None
    """Alarms and a dashboard."""
    backups: tuple[BackupSettings, ...] = ()
    """The rules of AWS Backup. Without one, AWS Backup makes no copies."""

    def faults(self) -> Iterator[Fault]:
        yield from inconsistencies(self)

    @classmethod
    def known_keys(cls) -> tuple[str, ...]:
        """All but the region, which is `aws:region`."""
        return tuple(each for each in super().known_keys() if each != _REGION)

    @property
    def owned(self) -> SharedPlatformSettings | None:
        """The sections that only a stack with a network of its own has; None for a stack that joins another's."""
        if isinstance(self.network, OwnNetworkSettings) and self.domains and self.certificate:
            return SharedPlatformSettings(
                network=self.network,
                zones=self.zones,
                vpn_links=self.vpn_links,
                domains=self.domains,
                certificate=self.certificate,
                buckets=self.buckets,
                cost_report=self.cost_report,
                session_manager=self.session_manager,
            )
        return None

    @property
    def keeping(self) -> KeepingSettings:
        """How the stack keeps its data."""
        return KeepingSettings(protect=self.protect, final_snapshots=self.final_snapshots)

    @property
    def operations(self) -> OperationsSettings:
        """The servers that people work through."""
        return OperationsSettings(
            vpn_access=self.vpn_access,
            gateway=self.gateway,
            windows=self.windows,
            rundeck=self.rundeck,
            php_my_admin=self.php_my_admin,
        )

    @property
    def joined_stack(self) -> str:
        """The stack whose network this one joins; empty for a stack with a network of its own."""
        return self.network.stack if isinstance(self.network, JoinedNetworkSettings) else ""

    @property
    def internal_domain(self) -> str | None:
        """The zone of the servers' names: the stack's own, or the one of the network that it joins."""
        if isinstance(self.network, JoinedNetworkSettings):
            return self.network.internal_domain
        return self.domains.internal if self.domains else None

    @property
    def certified_names(self) -> tuple[str, ...]:
        """Every host name that the stack's certificate must cover."""
        return tuple(each.name for each in host_names.public_records(self) if each.is_served)

    def shared_names(self, certified: tuple[str, ...]) -> host_names.SharedNames:
        """What names of the stacks that join this one's network must fit. ``certified`` are the certificate's names."""
        return host_names.SharedNames.of(self, certified_names=certified)

    @property
    def zones(self) -> tuple[str, ...]:
        """The availability zones by their full names."""
        return tuple(f"{self.region}{letter}" for letter in self.network.zones)


def load() -> Settings:
    """The settings of the stack that the program runs for. Raises ``SettingsError`` with every fault in it."""
    given = {key.removeprefix(_NAMESPACE): value for key, value in CONFIG.get().items() if key.startswith(_NAMESPACE)}
    values: dict[str, Any] = {key: _parsed(key, value) for key, value in given.items()}
    values[_REGION] = pulumi.Config("aws").get("region")
    misplaced = tuple(_misplaced(CONFIG.get()))
    try:
        settings = Settings.model_validate_json(json.dumps(values))
    except ValidationError as error:
        raise SettingsError(report([*misplaced, *faults_in(error, Settings)])) from None
    if misplaced:
        raise SettingsError(report(misplaced))
    return settings


def _misplaced(keys: Iterable[str]) -> Iterator[Fault]:
    """Keys in a namespace where nothing reads them. A misspelt one would leave its whole section out."""
    for key in keys:
        namespace, _, name = key.partition(":")
        if key == f"{_NAMESPACE}{_REGION}":
            yield Fault(path=key, got=Words("an unknown key"), expected="the region as aws:region")
        elif f"{namespace}:" != _NAMESPACE and namespace not in _OF_OTHERS:
            known = ", ".join(f"{each}:" for each in ("magento", *_OF_OTHERS))
            fix = f"Did you mean {_NAMESPACE}{name}?" if name in Settings.known_keys() else ""
            yield Fault(path=key, got=Words("an unknown namespace"), expected=f"one of {known}", fix=fix)


def _parsed(key: str, value: str) -> Any:
    """Pulumi hands over text: scalars as they are, everything else as JSON."""
    field = Settings.model_fields.get(key)
    if field is not None and field.annotation is str:
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def report(faults: Iterable[Fault]) -> str:
    """What the person who runs the program reads: one line for each fault."""
    return "\n  ".join(
        [f"Pulumi.{pulumi.get_stack()}.yaml is invalid:", *dict.fromkeys(str(_spelled(each)) for each in faults)]
    )


def _spelled(fault: Fault) -> Fault:
    """The fault with its path as the stack file spells it, and without its value if Pulumi keeps that secret."""
    if fault.path in CONFIG.get():
        return fault
    key = fault.path.partition(".")[0]
    spelled = replace(fault, path=f"aws:{_REGION}" if key == _REGION else f"{_NAMESPACE}{fault.path}")
    if is_config_secret(f"{_NAMESPACE}{key}") and fault.got is not MISSING:
        # A fix may repeat the value.
        return replace(spelled, got=SECRET, fix="")
    return spelled
