"""Ranges of IP addresses, version 4 and 6."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

IpRange = IPv4Network | IPv6Network
INTERNET = frozenset({"0.0.0.0/0", "::/0"})


def merged(ranges: Iterable[IpRange]) -> Iterator[IpRange]:
    """The fewest ranges that hold the same addresses: 0.0.0.0/1 and 128.0.0.0/1 give 0.0.0.0/0."""
    everything = tuple(ranges)
    yield from collapse_addresses(each for each in everything if isinstance(each, IPv4Network))
    yield from collapse_addresses(each for each in everything if isinstance(each, IPv6Network))


# RFC 1918 and RFC 4193. Not ipaddress's `is_private`, which is also true for documentation and other special ranges.
_PRIVATE = tuple(ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))


def is_private(ip_range: IpRange) -> bool:
    """Whether no address of the range can be reached from the internet."""
    return any(holds(private, ip_range) for private in _PRIVATE)


def holds(outer: IpRange, inner: IpRange) -> bool:
    """Whether the first range contains the whole second one."""
    return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type]  # the versions agree
