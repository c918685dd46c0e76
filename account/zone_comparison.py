"""What a domain would lose if its registrar pointed at other name servers: two zones, compared by DNS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import dns.exception
import dns.inet
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset
import dns.zone

from commands.errors import CannotRunError, CommandError
from settings.dns_record import RecordType

_ANSWER_SECONDS = 3
_AT_ONCE = 8
_ADDRESSES = ("A", "AAAA", "CNAME")
"""The types that lead a browser to a host. The shop's own differ, since it moves."""

COMMON_NAMES = (
    *("", "*", "www", "mail", "smtp", "imap", "pop", "mx", "mx1", "mx2", "webmail", "autodiscover", "autoconfig"),
    *(
        "ftp",
        "sftp",
        "vpn",
        "remote",
        "blog",
        "shop",
        "api",
        "app",
        "dev",
        "test",
        "staging",
        "preprod",
        "cdn",
        "status",
    ),
    *("_dmarc", "_mta-sts", "mta-sts", "_smtp._tls", "default._bimi"),
    *("_autodiscover._tcp", "_imaps._tcp", "_submission._tcp", "_submissions._tcp", "_caldavs._tcp", "_carddavs._tcp"),
    *("_sip._tls", "_sipfederationtls._tcp", "sip", "lyncdiscover", "enterpriseregistration", "enterpriseenrollment"),
)
"""Names that domains have for mail and office programs, below the domain itself."""
DKIM_SELECTORS = (
    *("default", "dkim", "mail", "google", "selector1", "selector2", "k1", "k2", "k3", "s1", "s2", "mandrill"),
    *("fm1", "fm2", "fm3", "protonmail", "protonmail2", "protonmail3", "zoho", "mxvault", "scph0520", "pic"),
)
"""Selectors that large senders of mail use. Amazon SES and others make up their own."""


@dataclass(frozen=True, kw_only=True)
class RecordSet:
    """The records of one name and type."""

    name: str
    """In lower case, without the last dot."""
    type: str
    values: frozenset[str]
    """As in a zone file, in lower case. A TXT record is its whole text, without quotation marks."""
    ttl: int

    @staticmethod
    def of(rrset: dns.rrset.RRset, name: str) -> RecordSet:
        kind = dns.rdatatype.to_text(rrset.rdtype)
        return RecordSet(name=name, type=kind, values=frozenset(_value(each, kind) for each in rrset), ttl=rrset.ttl)

    def __str__(self) -> str:
        return f"{self.name} {self.type}: {', '.join(sorted(self.values))}"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A set of the old zone that the new one has not, or not with every value."""

    old: RecordSet
    new: RecordSet | None
    is_meant: bool
    """Whether the name is one that the stacks serve, so that it is meant to lead elsewhere."""

    def __str__(self) -> str:
        if self.is_meant:
            there = ", ".join(sorted(self.new.values)) if self.new else f"no {self.old.type}"
            return f"changed  {self.old} becomes {there}"
        kept = self.new.values if self.new else frozenset()
        return f"lost     {self.old.name} {self.old.type}: {', '.join(sorted(self.old.values - kept))}"


@dataclass(frozen=True, kw_only=True)
class NameServers:
    """The name servers of a zone: addresses and ports, of which the first that answers counts."""

    addresses: tuple[tuple[str, int], ...]

    @staticmethod
    def of_hosts(hosts: Iterable[str]) -> NameServers:
        """Of names or addresses, such as `ns1.example.com`, `192.0.2.1:5353` and `[2001:db8::1]:53`.

        Raises ``CannotRunError``.
        """
        return NameServers(addresses=tuple(address for host in hosts for address in _addresses(host)))

    @staticmethod
    def of_domain(domain: str) -> NameServers:
        """Those that the domain has today, by the computer's own resolver. Raises ``CannotRunError``."""
        try:
            answer = dns.resolver.resolve(domain, "NS")
        except dns.exception.DNSException as error:
            raise CannotRunError(f"{domain}: its name servers are not known: {error}") from None
        return NameServers.of_hosts(str(each.target).removesuffix(".") for each in answer)

    def ask(self, name: str, kind: str) -> RecordSet | None:
        """The set of a name and type, or None. A delegation counts as NS. Raises ``CommandError`` without an answer."""
        return _found(self._answer(name, kind), name, kind)

    def ask_all(self, names: Iterable[str]) -> list[RecordSet]:
        """Every set that the names have, of the types that ``domains.records`` takes."""
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            return [each for found in threads.map(self._sets, sorted(set(names))) for each in found]

    def _sets(self, name: str) -> list[RecordSet]:
        found = []
        for kind in RecordType:
            answer = self._answer(name, kind)
            if answer.rcode() == dns.rcode.NXDOMAIN:  # of no type
                return []
            if rrset := _found(answer, name, kind):
                found.append(rrset)
        return found

    def _answer(self, name: str, kind: str) -> dns.message.Message:
        query = dns.message.make_query(name, kind, flags=0, use_edns=True)
        failed = ""
        for address, port in self.addresses:
            try:
                answer = _exchange(query, address, port)
            except (dns.exception.DNSException, OSError) as error:
                failed = str(error)
                continue
            if answer.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                return answer
            failed = dns.rcode.to_text(answer.rcode())
        servers = ", ".join(address for address, _ in self.addresses)
        raise CommandError(f"{name} {kind}: got no answer from {servers}: {failed}")


def names_to_ask(domain: str, *, selectors: Iterable[str], others: Iterable[str]) -> set[str]:
    """The common names of a domain, its DKIM selectors, and others that are whole names."""
    below = [*COMMON_NAMES, *(f"{selector}._domainkey" for selector in (*DKIM_SELECTORS, *selectors))]
    return {f"{label}.{domain}".removeprefix(".") for label in below} | {
        name.removesuffix(".").lower() for name in others
    }


def asked_of(old: NameServers, domain: str, names: Iterable[str]) -> list[RecordSet]:
    """What the old servers have under the names. What only a wildcard answers is left out, beside the wildcard."""
    found = old.ask_all(names)
    wildcard = {each.type: each.values for each in found if each.name == f"*.{domain}"}
    return [each for each in found if each.name.startswith("*.") or wildcard.get(each.type) != each.values]


def read_from(file: Path, domain: str) -> list[RecordSet]:
    """Every set of an exported zone file. Raises ``CannotRunError``, also for one without a record of the domain: of
    that one nothing would be lost."""
    try:
        zone = dns.zone.from_file(str(file), origin=domain, relativize=False, check_origin=False)
    except dns.exception.DNSException as error:
        raise CannotRunError(f"{file}: got {error}, expected a zone file of {domain}") from None
    except UnicodeDecodeError:
        raise CannotRunError(f"{file}: got bytes that are not UTF-8, expected a zone file of {domain}") from None
    if not zone.nodes:
        raise CannotRunError(f"{file}: got no record of {domain}, expected its zone file")
    return [
        RecordSet.of(dns.rrset.from_rdata_list(name, rdataset.ttl, list(rdataset)), _text(name))
        for name, node in zone.nodes.items()
        for rdataset in node
    ]


def differences(
    old: Iterable[RecordSet], new: NameServers, domain: str, served: Set[str]
) -> tuple[list[RecordSet], list[Difference]]:
    """The sets that the new servers have too, and those that they have not.

    ``served`` are the names that the stacks lead to themselves.
    """
    moved = [each for each in old if not _is_the_zones(each, domain)]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        answers = list(threads.map(lambda each: new.ask(each.name, each.type), moved))
    same, differing = [], []
    for each, answer in zip(moved, answers, strict=True):
        if answer and each.values <= answer.values:
            same.append(each)
        else:
            is_meant = each.name in served and each.type in _ADDRESSES
            differing.append(Difference(old=each, new=answer, is_meant=is_meant))
    return same, differing


def entry(record: RecordSet) -> Mapping[str, object] | None:
    """The entry of ``domains.records`` for a set, or None for a type that has no place there."""
    if record.type not in tuple(RecordType):
        return None
    return {"name": record.name, "type": record.type, "values": sorted(record.values), "ttl": max(record.ttl, 60)}


def _is_the_zones(record: RecordSet, domain: str) -> bool:
    """Whether it is the zone's own: its servers, its signatures. They differ by their nature."""
    signatures = ("SOA", "DNSKEY", "CDS", "CDNSKEY", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM")
    return record.type in signatures or (record.name == domain and record.type == "NS")


def _exchange(query: dns.message.Message, address: str, port: int) -> dns.message.Message:
    try:
        answer, _ = dns.query.udp_with_fallback(query, address, timeout=_ANSWER_SECONDS, port=port)
    except dns.exception.Timeout:
        # Name servers limit how many answers they send to one address by UDP, against reflection, and not by TCP.
        answer = dns.query.tcp(query, address, timeout=_ANSWER_SECONDS, port=port)
    return answer


def _found(answer: dns.message.Message, name: str, kind: str) -> RecordSet | None:
    whole = dns.name.from_text(name)
    sections = [answer.answer, answer.authority] if kind == "NS" else [answer.answer]
    for section in sections:
        for rrset in section:
            if rrset.name == whole and dns.rdatatype.to_text(rrset.rdtype) == kind:
                return RecordSet.of(rrset, name)
    return None


def _value(rdata: object, kind: str) -> str:
    if kind == "TXT":
        strings: tuple[bytes, ...] = getattr(rdata, "strings", ())
        return b"".join(strings).decode("utf-8", "backslashreplace")
    text = str(rdata)
    # The value of CAA is quoted, and a URL there may have capitals.
    return text if kind == "CAA" else text.lower()


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()


def _addresses(host: str) -> Iterator[tuple[str, int]]:
    try:
        parts = urlsplit(f"//{host}")
        name, port = parts.hostname or "", parts.port or 53
    except ValueError:
        raise CannotRunError(f"{host}: got no name server, expected a name or address, such as 192.0.2.1:53") from None
    if dns.inet.is_address(name):
        yield name, port
        return
    try:
        answer = dns.resolver.resolve_name(name)
    except dns.exception.DNSException as error:
        raise CannotRunError(f"{host}: the address of this name server is not known: {error}") from None
    yield from ((address, port) for address in answer.addresses())
