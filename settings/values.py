"""Kinds of values that several sections hold. Each has its rule in its type, with words for what was expected."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import CoreSchema, core_schema

from settings.messages import Fault, FaultsError, Words


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What a value must be beyond its type. ``Annotated[int, at_least(1)]`` is a whole number of 1 or more.

    ``expected`` completes "expected …" in a fault, and describes the key in ``docs/configuration.md``.
    """

    expected: str
    holds: Callable[[Any], bool]
    shown: Callable[[Any], object] = lambda value: value
    """What a fault says that it got."""
    fix: Callable[[Any], str] = lambda _: ""
    """A whole sentence on how to correct a value; empty where none helps."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.checked, handler(source))

    def checked(self, value: Any) -> Any:
        """The value itself. Raises ``FaultsError`` when the rule does not hold."""
        if not self.holds(value):
            fault = Fault(path="", got=self.shown(value), expected=self.expected, fix=self.fix(value))
            raise FaultsError([fault])
        return value


def at_least(least: int) -> Limit:
    """A smallest number."""
    return Limit(expected=f"{least} or more", holds=lambda value: value >= least)


def between(least: int, most: int) -> Limit:
    """A smallest and a largest number."""
    return Limit(expected=f"{least} to {most}", holds=lambda value: least <= value <= most)


def entries(least: int, most: int | None = None) -> Limit:
    """How many entries a list has."""
    one_or_more = f"{least} entr{'y' if least == 1 else 'ies'} or more"
    return Limit(
        expected=one_or_more if most is None else f"{least} to {most} entries",
        holds=lambda value: least <= len(value) <= (most or len(value)),
        shown=lambda value: Words(f"{len(value)} entr{'y' if len(value) == 1 else 'ies'}"),
    )


def different(noun: str) -> Limit:
    """A list of texts without repetitions."""
    return Limit(expected=f"each {noun} once", holds=lambda value: len(set(value)) == len(value))


def like(pattern: str, expected: str) -> Limit:
    """A text that matches a pattern as a whole."""
    return Limit(expected=expected, holds=lambda value: re.fullmatch(pattern, value, re.ASCII) is not None)


def _network(value: Any, parse: ValidatorFunctionWrapHandler) -> Any:
    try:
        return parse(value)
    except ValueError:
        fault = Fault(
            path="",
            got=value,
            expected="an IPv4 network without host bits, such as 192.0.2.0/24",
            fix=_without_host_bits(value),
        )
        raise FaultsError([fault]) from None


def _address(value: Any, parse: ValidatorFunctionWrapHandler) -> Any:
    try:
        return parse(value)
    except ValueError:
        raise FaultsError([Fault(path="", got=value, expected="an IPv4 address, such as 192.0.2.10")]) from None


def _without_host_bits(written: object) -> str:
    """Which network an address with a prefix is in, as a sentence; nothing for any other value."""
    try:
        return f"The network that holds {written} is {IPv4Network(str(written), strict=False)}."
    except ValueError:
        return ""


_UNROUTED = tuple(map(IPv4Network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")))
"""This host, loopback, link-local, multicast and reserved ("IANA IPv4 Special-Purpose Address Registry")."""
_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
"""RFC 1918."""
_DOCUMENTATION = tuple(map(IPv4Network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")))
"""RFC 5737. They stand for addresses that are not known yet."""


def is_routed(network: IPv4Network) -> bool:
    """Whether routers carry a network's packets. The default route, which is every network, is one."""
    return network.prefixlen == 0 or not any(network.overlaps(other) for other in _UNROUTED)


def is_private(network: IPv4Network) -> bool:
    """Whether a network is for private use, and so no other network's on the internet."""
    return any(network.subnet_of(other) for other in _PRIVATE)


def is_public(address: IPv4Address) -> bool:
    """Whether an address can be somebody's on the internet. An example's counts."""
    if any(address in each for each in _DOCUMENTATION):
        return True
    return address.is_global and is_routed(IPv4Network(address))


Network = Annotated[IPv4Network, WrapValidator(_network)]
RoutedNetwork = Annotated[
    Network, Limit(expected="a network that is not loopback, link-local, multicast or reserved", holds=is_routed)
]
PublicAddress = Annotated[
    IPv4Address,
    WrapValidator(_address),
    Limit(expected="a public address, and not a private or reserved one", holds=is_public),
]

_MOST_GIB = 65_536
"""The largest gp3 volume of EBS and of RDS ("Amazon EBS volume types", "Amazon RDS DB instance storage")."""
Gib = Annotated[int, between(1, _MOST_GIB)]
"""The size of a disk."""
SnapshotId = Annotated[str, like(r"snap-([0-9a-f]{8}|[0-9a-f]{17})", "the id of an EBS snapshot")]
"""A snapshot of a disk."""
RootVolumeGib = Annotated[int, between(8, _MOST_GIB)]
"""The size of the disk of an operating system. Images of Amazon Linux and Debian need 8 GiB."""
DatabaseGib = Annotated[int, between(20, _MOST_GIB)]
"""The size of a gp3 volume of RDS for MySQL."""
SearchGib = Annotated[int, between(10, _MOST_GIB)]
"""The size of the disk of an OpenSearch instance. Its type decides how large it may be ("EBS volume size quotas")."""

_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = rf"(?=.{{1,253}}\Z)({_LABEL}\.)+[a-z]{{2,63}}"
DomainName = Annotated[str, like(_DOMAIN, "a domain name in lower case, such as client.url")]
Wildcard = Annotated[str, like(rf"\*\.{_DOMAIN}", "a wildcard, such as *.client.url")]
ShortName = Annotated[
    str, like("[a-z][a-z0-9-]{0,18}[a-z0-9]", "2 to 20 lower-case letters, digits and hyphens, a letter first")
]
Label = Annotated[str, like(_LABEL, "1 to 63 lower-case letters, digits and hyphens, no hyphen first or last")]


def is_one_line(value: str) -> bool:
    """Whether a text has no line break and no other character that is not printed."""
    return all(each.isprintable() for each in value)


_LONGEST_TEXT = 256
"""Of a tag's value ("Tag naming limits and requirements")."""
Text = Annotated[
    str,
    Limit(
        expected=f"a line of text, 1 to {_LONGEST_TEXT} characters",
        holds=lambda value: bool(value.strip()) and len(value) <= _LONGEST_TEXT and is_one_line(value),
    ),
]
"""Any text that people read. Line breaks and control characters would end up in tags, descriptions and files."""
UrlPath = Annotated[
    str,
    # "HealthCheckPath" in "CreateTargetGroup" has these characters.
    like(r"/[A-Za-z0-9!#$%&'()*+,./:;=?@_~-]{0,1023}", "a path that begins with /, as in a URL"),
]
_STEP = "[A-Za-z0-9_-][A-Za-z0-9._-]*"
Directory = Annotated[
    str,
    like(rf"/({_STEP}(/{_STEP})*)?", "a directory that begins with /, of letters, digits and ._-, none of them hidden"),
]
# What EC2 takes, in its own order ("CreateSecurityGroup", "SecurityGroupRuleUpdate").
DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}")
DESCRIPTION_EXPECTED = "1 to 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*"
"""The description of a security group, or of one of its rules. It may hold no apostrophes."""
