"""The gateway: what it forwards, and who may connect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from settings.forwards import ForwardSettings, ambiguous_forwards
from settings.messages import Fault
from settings.section import Section, unique
from settings.server_size import ServerSizeSettings
from settings.values import DESCRIPTION, DESCRIPTION_EXPECTED, Limit, RoutedNetwork, Text, between, entries

WIDEST_ALLOWED_PREFIX = 28
"""The gateway is for known offices and partners: a /28 holds 16 addresses."""
_SHORTEST_REASON = 10
MAX_CONNECTIONS = 4000
"""Of the gateway at a time."""
CONNECTIONS_PER_SOURCE = 1000
"""A quarter of them."""


def _is_a_day(written: str) -> bool:
    try:
        # A day without quotes is a time to YAML, and Pulumi hands it over as Go writes times.
        date.fromisoformat(written.removesuffix(" 00:00:00 +0000 UTC"))
    except ValueError:
        return False
    return True


class AllowedSourceSettings(Section):
    """Addresses that may connect to the gateway."""

    cidr: Annotated[
        RoutedNetwork,
        Limit(
            expected=f"a network of /{WIDEST_ALLOWED_PREFIX} or narrower, such as 192.0.2.0/{WIDEST_ALLOWED_PREFIX}",
            holds=lambda network: network.prefixlen >= WIDEST_ALLOWED_PREFIX,
        ),
    ]
    """The addresses. A /28 holds 16, a /32 one."""
    owner: Text
    """The person or team who answers for the addresses, such as `IT of the client`. It becomes part of the description
    of the security group rules."""
    reason: Annotated[
        Text,
        Limit(
            expected=f"{_SHORTEST_REASON} characters or more", holds=lambda text: len(text.strip()) >= _SHORTEST_REASON
        ),
    ]
    """Why they may connect, such as `Offices of the client`. It becomes part of the description of the security group
    rules, which may hold no apostrophes."""
    expires: Annotated[str, Limit(expected='a day in quotes, such as "2027-06-30"', holds=_is_a_day)] | None = None
    """The last day on which they may connect. After it, the policies refuse the stack until you renew or remove the
    entry. Without it the entry does not expire."""

    def faults(self) -> Iterator[Fault]:
        if not DESCRIPTION.fullmatch(self.description):
            yield Fault(
                path="reason",
                got=self.description,
                expected=f"{DESCRIPTION_EXPECTED} in owner and reason together",
                fix="They are the description of security group rules, and AWS takes no other characters there.",
            )

    @property
    def description(self) -> str:
        """The description of its security group rules."""
        return f"{self.owner}: {self.reason}"


class GatewaySettings(Section):
    """The HAProxy gateway, which forwards ports from the internet to servers in the network.

    Each allowed source takes a security group rule for each run of neighbouring ports. AWS allows 60 rules a group
    unless you ask for more.
    """

    size: ServerSizeSettings
    """The instance."""
    forwards: Annotated[tuple[ForwardSettings, ...], entries(1)]
    """What it forwards. Where one range of ports lies inside another, the narrower one gets its ports."""
    allowed: Annotated[tuple[AllowedSourceSettings, ...], entries(1)]
    """Who may connect."""

    connections_per_source: Annotated[int, between(10, MAX_CONNECTIONS)] = CONNECTIONS_PER_SOURCE
    """How many connections an address may have at a time. The gateway has 4000 for all. An office behind one address
    is one source."""

    def faults(self) -> Iterator[Fault]:
        yield from unique("allowed", self.allowed, "cidr")
        yield from ambiguous_forwards(self.forwards)
