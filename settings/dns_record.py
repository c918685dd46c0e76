"""DNS records of the public zone that the stack does not need itself, such as those for mail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated

from settings.messages import Fault
from settings.section import Section
from settings.values import between, different, entries, like

_LABEL = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = r"([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?\.)+[A-Za-z]{2,}\.?"
_LONGEST_STRING = 255
"""A TXT record is a list of strings, none longer ("TXT record type")."""


class RecordType(StrEnum):
    """The types of records that a zone for shop and mail has, under DNS's own names."""

    A = "A"
    AAAA = "AAAA"
    CAA = "CAA"
    CNAME = "CNAME"
    MX = "MX"
    NS = "NS"
    SRV = "SRV"
    TXT = "TXT"


def _is(kind: Callable[[str], object]) -> Callable[[str], bool]:
    def holds(value: str) -> bool:
        try:
            kind(value)
        except ValueError:
            return False
        return True

    return holds


def _matches(pattern: str) -> Callable[[str], bool]:
    return lambda value: re.fullmatch(pattern, value) is not None


_VALUES: dict[RecordType, tuple[Callable[[str], bool], str]] = {
    RecordType.A: (_is(IPv4Address), "an IPv4 address, such as 192.0.2.10"),
    RecordType.AAAA: (_is(IPv6Address), "an IPv6 address, such as 2001:db8::10"),
    RecordType.CAA: (
        _matches(r'(0|128) (issue|issuewild|iodef) "[ -!#-~]*"'),
        'flags, a tag and a quoted value, such as 0 issue "amazon.com"',
    ),
    RecordType.CNAME: (_matches(_HOST), "a domain name, such as shop.example.com"),
    RecordType.MX: (_matches(rf"\d{{1,5}} {_HOST}"), "a priority and a domain name, such as 10 mail.example.com"),
    RecordType.NS: (_matches(_HOST), "a domain name, such as ns1.example.com"),
    RecordType.SRV: (
        _matches(rf"\d{{1,5}} \d{{1,5}} \d{{1,5}} {_HOST}"),
        "priority, weight, port and a domain name, such as 10 5 443 sip.example.com",
    ),
    RecordType.TXT: (
        _matches(r"[ !#-\[\]-~]{1,4000}"),
        "up to 4000 characters of ASCII without quotation marks and backslashes: it is quoted and split for you",
    ),
}


class DnsRecordSettings(Section):
    """A record of the public zone that nothing in the stack needs, such as MX for mail or TXT for SPF."""

    name: Annotated[
        str,
        like(rf"(\*\.)?({_LABEL}\.)+[a-z]{{2,}}", "a full name in lower case, such as _dmarc.client.url"),
    ]
    """The full name, in the zone `domains.public`, such as `client.url` or `_dmarc.client.url`."""
    type: RecordType
    """The type of the record."""
    values: Annotated[tuple[str, ...], entries(1), different("value")]
    """Its values, as the zone file has them. Leave out the quotation marks of TXT."""
    ttl: Annotated[int, between(60, 604800)] = 3600
    """How many seconds resolvers keep it."""

    def faults(self) -> Iterator[Fault]:
        holds, expected = _VALUES[self.type]
        for index, value in enumerate(self.values):
            if not holds(value):
                yield Fault(path=f"values.{index}", got=value, expected=f"{expected}, since type is {self.type}")
        if self.type is RecordType.CNAME and len(self.values) > 1:
            yield Fault(path="values", got=list(self.values), expected="one value, since type is CNAME")

    @property
    def texts(self) -> list[str]:
        """The values as the AWS provider takes them: it puts quotation marks around a TXT record, and nothing else."""
        if self.type is not RecordType.TXT:
            return list(self.values)
        size = _LONGEST_STRING
        return ['" "'.join(each[at : at + size] for at in range(0, len(each), size)) for each in self.values]
