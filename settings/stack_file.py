"""The stack file, typed and validated: the only reader of ``Pulumi.<stack>.yaml``.

Every fault is reported at once, before anything is created: first each key and each section by itself, and once those
are right, what the sections ask of each other (``consistency.py``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws
from pulumi.runtime.config import CONFIG
from pydantic import ValidationError, field_validator

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
from settings.messages import Fault, FaultsError, join
from settings.monitoring import MonitoringSettings
from settings.network import JOINED, OWN, JoinedNetworkSettings, NetworkSettings, OwnNetworkSettings
from settings.operations import OperationsSettings
from settings.php_my_admin import PhpMyAdminSettings
from settings.rundeck import RundeckSettings
from settings.satellite import SatelliteSettings
from settings.section import Section
from settings.shared_platform import SharedPlatformSettings
from settings.site import SiteSettings
from settings.text import ShortName
from settings.vpn_access import VpnAccessSettings
from settings.vpn_link import VpnLinkSettings
from settings.windows import WindowsSettings

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_NAMESPACE = "magento:"
_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "mapping_type": "keys with values",
    "dict_type": "keys with values",
    "model_type": "a section with keys of its own",
    "model_attributes_type": "a section with keys of its own",
    "ip_v4_address": "an IPv4 address, such as 192.0.2.10",
    "ip_v4_network": "an IPv4 network without host bits, such as 10.0.0.0/16",
}
"""What pydantic's types of error expected, in the words of this program."""


class SettingsError(pulumi.RunError):
    """The stack file is invalid. Ends the program without a traceback."""


class Settings(Section):
    """One stack. It builds the sections that its stack file has."""

    region: str
    """The AWS region, from `aws:region`."""
    client: ShortName
    """The client's short name, in tags and names."""
    environment: ShortName
    """What this stack is to the client, such as `prod`, in tags and names."""
    protect: bool = True
    """Whether databases, buckets, zones, keys and secrets refuse to be deleted."""
    network: NetworkSettings
    """A network of its own, or the one of another stack."""
    vpn_links: tuple[VpnLinkSettings, ...] = ()
    """The IPSec links to the client's places."""
    domains: DomainsSettings | None = None
    """The domains. A stack with a network of its own needs them."""
    certificate: CertificateSettings | None = None
    """The imported certificate. A stack with a network of its own needs it."""
    buckets: tuple[BucketSettings, ...] = ()
    """The private buckets."""
    cost_report: CostReportSettings | None = None
    """The report of what AWS charges."""
    shared_database: DatabaseSettings | None = None
    """The database of the satellites. No other application reaches it."""
    site: SiteSettings
    """The shop."""
    file_server: FileServerSettings | None = None
    """The NFS server of the site."""
    satellites: tuple[SatelliteSettings, ...] = ()
    """The applications beside the shop."""
    vpn_access: VpnAccessSettings | None = None
    """The OpenVPN server."""
    gateway: GatewaySettings | None = None
    """The HAProxy gateway."""
    windows: WindowsSettings | None = None
    """The Windows server."""
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

    @field_validator("region")
    @classmethod
    def _is_a_region(cls, region: str) -> str:
        if region not in {each.value for each in aws.Region}:
            raise FaultsError([Fault(path="", got=region, expected="the name of an AWS region, such as eu-west-3")])
        return region

    def faults(self) -> Iterator[Fault]:
        yield from inconsistencies(self)

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
            )
        return None

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
        return (*self.site.host_names, *(self.content_delivery.host_names if self.content_delivery else ()))

    @property
    def zones(self) -> tuple[str, ...]:
        """The availability zones by their full names."""
        return tuple(f"{self.region}{letter}" for letter in self.network.zones)


def load() -> Settings:
    """The settings of the stack that the program runs for. Raises ``SettingsError`` with every fault in it."""
    given = {key.removeprefix(_NAMESPACE): value for key, value in CONFIG.get().items() if key.startswith(_NAMESPACE)}
    values: dict[str, Any] = {key: _parsed(key, value) for key, value in given.items()}
    values["region"] = pulumi.Config("aws").get("region")
    try:
        return Settings.model_validate_json(json.dumps(values))
    except ValidationError as error:
        raise SettingsError(_report(fault for each in error.errors() for fault in _faults_of(each))) from None


def _parsed(key: str, value: str) -> Any:
    """Pulumi hands over text: scalars as they are, everything else as JSON."""
    field = Settings.model_fields.get(key)
    if field is not None and field.annotation is str:
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def _report(faults: Iterable[Fault]) -> str:
    """What the person who runs the program reads: a fault a line."""
    lines = (str(fault.below("the stack") if not fault.path else _spelled(fault)) for fault in faults)
    return "\n  ".join([f"Pulumi.{pulumi.get_stack()}.yaml is invalid:", *lines])


def _spelled(fault: Fault) -> Fault:
    """The fault with its path as the stack file spells it."""
    path = "aws:region" if fault.path == "region" else f"{_NAMESPACE}{fault.path}"
    return Fault(path=path, got=fault.got, expected=fault.expected, fix=fault.fix)


def _faults_of(error: ErrorDetails) -> Iterator[Fault]:
    """The faults in one of pydantic's errors."""
    parts = tuple(str(part) for index, part in enumerate(error["loc"]) if not _is_tag(index, error["loc"]))
    path = join(*parts)
    raised = error.get("ctx", {}).get("error")
    if isinstance(raised, FaultsError):
        yield from (fault.below(path) for fault in raised.faults)
    elif error["type"] == "missing":
        yield Fault(path=path, expected=_described(parts))
    elif error["type"] == "extra_forbidden":
        yield Fault(
            path=path,
            got=parts[-1],
            expected=f"one of the keys {', '.join(_section(parts[:-1]).model_fields)}",
            fix="docs/configuration.md describes them.",
        )
    else:
        yield Fault(path=path, got=error["input"], expected=_expected(error), fix=_fix(error))


def _is_tag(index: int, location: tuple[int | str, ...]) -> bool:
    """Whether pydantic put in the kind of network, which no stack file writes."""
    return index == 1 and location[0] == "network" and location[1] in (OWN, JOINED)


def _expected(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if error["type"] == "enum":
        return f"one of {context['expected'].replace(chr(39), '').replace(' or ', ', ')}"
    if error["type"] in ("too_short", "string_too_short"):
        least = context.get("min_length", 1)
        return f"{least} or more {'characters' if error['type'] == 'string_too_short' else 'entries'}"
    return _EXPECTED.get(error["type"], error["msg"][0].lower() + error["msg"][1:])


def _fix(error: ErrorDetails) -> str:
    if error["type"] == "string_type" and isinstance(error["input"], int | float):
        return f'Quote it: "{error["input"]}".'
    return ""


def _section(parts: tuple[str, ...]) -> type[Section]:
    """The section that a path leads to."""
    section: type[Section] = Settings
    for part in parts:
        if not part.isdecimal():
            section = next(sections_in(section.model_fields[part].annotation))
    return section


def _described(parts: tuple[str, ...]) -> str:
    """What a missing key is for, in the words of its description."""
    text = (_section(parts[:-1]).model_fields[parts[-1]].description or "a value").replace("\n", " ")
    sentence = text.partition(". ")[0].rstrip(".").replace("`", "")
    return sentence[0].lower() + sentence[1:]


def sections_in(annotation: Any) -> Iterator[type[Section]]:
    """The sections that a type of a key allows: ``tuple[CronJobSettings, ...]`` holds one."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from sections_in(part)
