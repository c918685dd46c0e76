"""The stack's configuration, typed and validated: the only reader of ``Pulumi.<stack>.yaml``.

Everything wrong is reported at once, each with its path, what it got and what it expected, before anything is created:
first each field by itself, and once those are sound, what they ask of each other (``consistency.py``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Annotated, Any

import pulumi
import pulumi_aws as aws
from pulumi.runtime.config import CONFIG
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from components.data.mysql_database import DatabaseSize
from components.delivery.content_delivery import Delivery
from components.monitoring.monitoring import Monitoring
from components.network.address_plan import plan
from components.network.network import NatGateways
from components.satellites.satellite import Satellite
from components.servers.gateway_proxy import Gateway
from components.servers.nfs_server import FileServer
from components.servers.open_vpn_server import VpnAccess
from components.servers.php_my_admin_server import PhpMyAdmin
from components.servers.rundeck_server import Rundeck
from components.servers.windows_server import WindowsApplication
from components.shared.backups import BackupRule
from components.shared.bucket import BucketUse
from components.shared.cost_report import CostReport
from components.site.magento_platform import Site
from settings.consistency import Fault, faults

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_NAMESPACE = "magento:"


def _like(pattern: str, description: str) -> AfterValidator:
    """A check of text against a pattern that says in words what was expected."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(description)
        return value

    return AfterValidator(check)


_LABEL = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
DomainName = Annotated[str, _like(rf"({_LABEL}\.)+[a-z]{{2,}}", "a domain name in lower case, such as client.url")]
Wildcard = Annotated[str, _like(rf"\*\.({_LABEL}\.)+[a-z]{{2,}}", "a wildcard, such as *.client.url")]
ShortName = Annotated[
    str, _like("[a-z][a-z0-9-]{0,18}[a-z0-9]", "2 to 20 lower-case letters, digits and hyphens, a letter first")
]
ZoneLetter = Annotated[str, _like("[a-z]", "an availability zone's letter, such as a")]
_FEWEST_ZONES = 2
"""Load balancers and RDS want subnets in two ("Availability Zones for your Application Load Balancer")."""


class SettingsError(pulumi.RunError):
    """The stack's configuration does not describe a platform. Ends the program without a traceback."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class NetworkSettings(_Section):
    """Either a network of the stack's own (``cidr``) or another stack's (``stack``)."""

    stack: str | None = None
    internal_domain: DomainName | None = None
    cidr: IPv4Network | None = None
    zones: tuple[ZoneLetter, ...] = Field(default=("a", "b", "c"), min_length=_FEWEST_ZONES)
    nat_gateways: NatGateways = NatGateways.ONE_PER_ZONE
    flow_log_retention_days: int = 90

    @model_validator(mode="after")
    def _is_own_or_joined(self) -> NetworkSettings:
        if (self.cidr is None) == (self.stack is None):
            raise ValueError(
                "must have exactly one of cidr (a network of its own) and stack (the network of that stack)"
            )
        return self

    @field_validator("cidr")
    @classmethod
    def _holds_the_plan(cls, cidr: IPv4Network | None) -> IPv4Network | None:
        if cidr is not None:
            plan(cidr, ("a",))
            if not cidr.is_private:
                raise ValueError("a private network (10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16)")
        return cidr

    @field_validator("zones")
    @classmethod
    def _are_different(cls, zones: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(zones)) < len(zones):
            raise ValueError("each zone once")
        return zones


class VpnLinkSettings(_Section):
    name: ShortName
    peer_address: IPv4Address
    remote_cidrs: tuple[IPv4Network, ...] = Field(min_length=1)
    reason: str = Field(min_length=1)
    bgp_asn: int = 65000


class DomainsSettings(_Section):
    public: DomainName
    internal: DomainName

    @model_validator(mode="after")
    def _are_different(self) -> DomainsSettings:
        if self.internal == self.public:
            raise ValueError(f"internal must differ from public, got {self.internal} for both")
        return self


class CertificateSettings(_Section):
    """PEM files in ``directory``, which is relative to the project's and kept out of git."""

    domain: Wildcard
    directory: str = "certificates"
    certificate_file: str
    private_key_file: str
    chain_file: str | None = None


class Settings(_Section):
    """One stack. Sections that it has not, it does not build."""

    region: str
    client: ShortName
    environment: ShortName
    protect: bool = True
    network: NetworkSettings
    vpn_links: tuple[VpnLinkSettings, ...] = ()
    domains: DomainsSettings | None = None
    certificate: CertificateSettings | None = None
    buckets: tuple[BucketUse, ...] = ()
    shared_database: DatabaseSize | None = None
    site: Site
    file_server: FileServer | None = None
    satellites: tuple[Satellite, ...] = ()
    vpn_access: VpnAccess | None = None
    gateway: Gateway | None = None
    windows: WindowsApplication | None = None
    rundeck: Rundeck | None = None
    php_my_admin: PhpMyAdmin | None = None
    content_delivery: Delivery | None = None
    monitoring: Monitoring | None = None
    backups: tuple[BackupRule, ...] = ()
    cost_report: CostReport | None = None

    @field_validator("region")
    @classmethod
    def _is_a_region(cls, region: str) -> str:
        if region not in {each.value for each in aws.Region}:
            raise ValueError("the name of an AWS region, such as eu-west-3")
        return region

    @property
    def internal_domain(self) -> str | None:
        """The zone of the servers' names: the stack's own, or the one of the network that it joins."""
        return self.domains.internal if self.domains else self.network.internal_domain

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
        settings = Settings.model_validate_json(json.dumps(values))
    except ValidationError as error:
        raise SettingsError(_report(map(_explained, error.errors()))) from None
    if found := tuple(faults(settings)):
        raise SettingsError(_report(f"{_named(each.path)}: {_said(each)}" for each in found))
    return settings


def _parsed(key: str, value: str) -> Any:
    """Pulumi hands over text: scalars as they are, everything else as JSON."""
    field = Settings.model_fields.get(key)
    if field is not None and field.annotation is str:
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def _report(lines: Iterable[str]) -> str:
    """What the person who runs the program reads: a fault a line."""
    return "\n  ".join([f"Pulumi.{pulumi.get_stack()}.yaml does not describe a platform:", *lines])


def _named(path: str) -> str:
    """A field as the stack file spells it."""
    return "aws:region" if path == "region" else f"{_NAMESPACE}{path}" if path else "the stack"


def _said(fault: Fault) -> str:
    got = "missing" if fault.got is None else f"got {json.dumps(fault.got, default=str)}"
    return f"{got}, expected {fault.expected}"


def _explained(error: ErrorDetails) -> str:
    """A fault of one field, or of one section, in the same words."""
    name = _named(".".join(str(part) for part in error["loc"]))
    if error["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f'{name}: no such key; README.md, "Configuration", lists them all'
    if error["type"] in ("missing", "missing_argument"):
        return f"{name}: missing"
    said = error["msg"].removeprefix("Value error, ")
    # About a whole section, the fault's own words name the field; its content would bury them.
    if isinstance(error["input"], dict | list):
        return f"{name}: {said}"
    return f"{name}: got {json.dumps(error['input'], default=str)}, expected {said[0].lower()}{said[1:]}"
