"""The stack's configuration, typed and validated: the only reader of ``Pulumi.<stack>.yaml``.

Everything wrong is reported at once, each with its path, what it got and what it expected, before anything is created.
"""

from __future__ import annotations

import json
import re
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any

import pulumi
import pulumi_aws as aws
from pulumi.runtime.config import CONFIG
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from components.address_plan import plan
from components.backups import BackupRule
from components.bucket import BucketUse, Purpose
from components.content_delivery import Delivery
from components.gateway_proxy import Gateway
from components.magento_platform import Site
from components.monitoring import Monitoring
from components.mysql_database import DatabaseSize
from components.network import NatGateways
from components.nfs_server import FileServer
from components.open_vpn_server import VpnAccess
from components.php_my_admin_server import PhpMyAdmin
from components.rundeck_server import Rundeck
from components.satellite import Satellite
from components.windows_server import WindowsApplication

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


_SERVERS_OF_A_NETWORK = ("vpn_access", "gateway", "windows", "rundeck", "php_my_admin")


class SettingsError(pulumi.RunError):
    """The stack's configuration does not describe a platform. Ends the program without a traceback."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class NetworkSettings(_Section):
    """Either a network of the stack's own (``cidr``) or another stack's (``stack``)."""

    stack: str | None = None
    internal_domain: DomainName | None = None
    cidr: IPv4Network | None = None
    zones: tuple[str, ...] = ("a", "b", "c")
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


class VpnLinkSettings(_Section):
    name: ShortName
    peer_address: IPv4Address
    remote_cidrs: tuple[IPv4Network, ...] = Field(min_length=1)
    reason: str = Field(min_length=1)
    bgp_asn: int = 65000


class DomainsSettings(_Section):
    public: DomainName
    internal: DomainName


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

    @field_validator("region")
    @classmethod
    def _is_a_region(cls, region: str) -> str:
        if region not in {each.value for each in aws.Region}:
            raise ValueError("the name of an AWS region, such as eu-west-3")
        return region

    @model_validator(mode="after")
    def _has_what_it_stands_on(self) -> Settings:
        if self.content_delivery and self.content_delivery.origin not in self.site.host_names:
            raise ValueError(f"content_delivery: origin one of site.host_names, got {self.content_delivery.origin}")
        if self.satellites and not self.shared_database:
            raise ValueError("satellites: a shared_database too, which they all use, got none")
        if any(each.ftp for each in self.satellites) and not self.gateway:
            raise ValueError("satellites: a gateway too, through which alone FTP reaches them, got none")
        shared = {"domains": self.domains, "certificate": self.certificate, "buckets": self.buckets}
        if self.network.stack is not None:
            servers = {name: getattr(self, name) for name in _SERVERS_OF_A_NETWORK}
            for key, value in {**shared, **servers, "vpn_links": self.vpn_links}.items():
                if value:
                    raise ValueError(f"no {key}: they come with the network of stack {self.network.stack}")
            if self.file_server and not self.internal_domain:
                raise ValueError("file_server: network.internal_domain too, where its name is made, got none")
            return self
        for key, value in shared.items():
            if not value:
                raise ValueError(f"{key}: a stack with a network of its own must have them")
        for purpose in (Purpose.SITE_CONFIGURATION, Purpose.LOAD_BALANCER_LOGS):
            if purpose not in {each.purpose for each in self.buckets}:
                raise ValueError(f"buckets: one with purpose {purpose}, which every site needs")
        _refuse_repeated("buckets", [each.name for each in self.buckets])
        _refuse_repeated("vpn_links", [each.name for each in self.vpn_links])
        _refuse_overlaps(self.network.cidr, self.vpn_links)
        return self

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
        return Settings.model_validate_json(json.dumps(values))
    except ValidationError as error:
        raise SettingsError(_explained(error)) from None


def _parsed(key: str, value: str) -> Any:
    """Pulumi hands over text: scalars as they are, everything else as JSON."""
    field = Settings.model_fields.get(key)
    if field is not None and field.annotation is str:
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def _explained(error: ValidationError) -> str:
    lines = [f"Pulumi.{pulumi.get_stack()}.yaml does not describe a platform:"]
    for fault in error.errors():
        path = ".".join(str(part) for part in fault["loc"])
        name = "aws:region" if path == "region" else f"{_NAMESPACE}{path}" if path else "the stack"
        if fault["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            lines.append(f'  {name}: no such key; README.md, "Configuration", lists them all')
        elif fault["type"] == "missing":
            lines.append(f"  {name}: missing")
        else:
            said = fault["msg"].removeprefix("Value error, ")
            # About a whole section, the fault's own words name the field; its content would bury them.
            is_whole_section = isinstance(fault["input"], dict | list)
            got = f"got {json.dumps(fault['input'], default=str)}, expected {said[0].lower()}{said[1:]}"
            lines.append(f"  {name}: {said if is_whole_section else got}")
    return "\n".join(lines)


def _refuse_repeated(key: str, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{key}: each name once, got {', '.join(repeated)} more than once")


def _refuse_overlaps(own: IPv4Network | None, links: tuple[VpnLinkSettings, ...]) -> None:
    taken = [("network.cidr", own)] if own is not None else []
    for link in links:
        for remote in link.remote_cidrs:
            for where, other in taken:
                if remote.overlaps(other):
                    raise ValueError(f"vpn_links: {link.name}'s {remote} apart from {other} of {where}")
            taken.append((f"vpn link {link.name}", remote))
