"""Sets of IP addresses, as rules and routes compare them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

IPNetwork = IPv4Network | IPv6Network

_ANYWHERE: dict[int, IPNetwork] = {4: ip_network("0.0.0.0/0"), 6: ip_network("::/0")}
# No single organisation has more addresses: a rule for a wider range is a rule for the internet.
_NARROWEST_OF_EVERYONE = {4: 7, 6: 15}
# Not reachable over the internet: RFC 1918, 6598, 3927, 1122, 4193 and 4291. Documentation ranges are not listed: they
# count as public, as in the shipped stack files.
_NOT_PUBLIC = tuple(
    ip_network(each)
    for each in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)


def within(inner: IPNetwork, outer: IPNetwork) -> bool:
    """Whether every address of ``inner`` is in ``outer``."""
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def is_for_everyone(network: IPNetwork) -> bool:
    """Whether the range is so wide that it means the internet."""
    return network.prefixlen <= _NARROWEST_OF_EVERYONE[network.version]


def is_public(network: IPNetwork) -> bool:
    """Whether the range can be used on the internet."""
    return not any(within(network, private) for private in _NOT_PUBLIC)


@dataclass(frozen=True)
class Addresses:
    """Where packets come from or go to, in one version of IP: networks, or ``anyone`` on the internet.

    ``anyone`` is an address that no rule or route names more narrowly than the internet.
    """

    networks: tuple[IPNetwork, ...]
    anyone: bool = False

    @staticmethod
    def of_anyone(version: int) -> Addresses:
        return Addresses((_ANYWHERE[version],), anyone=True)

    def touch(self, network: IPNetwork) -> bool:
        """Whether some of the addresses are in ``network``."""
        if self.anyone:
            return network.version == self.networks[0].version and is_for_everyone(network)
        return any(each.overlaps(network) for each in self.networks)

    def lie_in(self, network: IPNetwork) -> bool:
        """Whether all of the addresses are in ``network``."""
        return all(within(each, network) for each in self.networks)

    def __str__(self) -> str:
        return "the internet" if self.anyone else ", ".join(map(str, self.networks))
