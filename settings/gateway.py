"""The gateway: what it forwards, and who may connect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from ipaddress import IPv4Network

from settings.forwards import ForwardSettings, ambiguous_forwards
from settings.messages import Fault
from settings.section import Section, unique
from settings.server_size import ServerSizeSettings
from settings.text import DESCRIPTION, DESCRIPTION_EXPECTED

WIDEST_ALLOWED_PREFIX = 28
"""The gateway is for known offices and partners: a /28 holds 16 addresses."""
_SHORTEST_REASON = 10


class AllowedSourceSettings(Section):
    """Addresses that may connect to the gateway."""

    cidr: IPv4Network
    """The addresses: a /28 or narrower."""
    owner: str
    """Who vouches for them."""
    reason: str
    """Why they may connect, in 10 characters or more."""
    expires: str | None = None
    """The last day on which they may connect, quoted, such as `"2027-06-30"`. After it the policies refuse the
    stack."""

    def faults(self) -> Iterator[Fault]:
        if self.cidr.prefixlen < WIDEST_ALLOWED_PREFIX:
            yield Fault(path="cidr", got=self.cidr, expected=f"a network of /{WIDEST_ALLOWED_PREFIX} or narrower")
        if not self.owner:
            yield Fault(path="owner", got=self.owner, expected="the name of who vouches for the addresses")
        if len(self.reason) < _SHORTEST_REASON:
            yield Fault(path="reason", got=self.reason, expected=f"{_SHORTEST_REASON} characters or more")
        if not DESCRIPTION.fullmatch(self.description):
            yield Fault(path="reason", got=self.description, expected=f"owner and reason of {DESCRIPTION_EXPECTED}")
        if self.expires is not None and not _is_a_day(self.expires):
            yield Fault(path="expires", got=self.expires, expected='a quoted day such as "2027-06-30"')

    @property
    def description(self) -> str:
        """The description of its security group rules."""
        return f"{self.owner}: {self.reason}"


class GatewaySettings(Section):
    """The HAProxy gateway.

    Each allowed source takes a security group rule for each run of neighbouring ports. AWS grants 60 rules a group
    unless you ask for more.
    """

    size: ServerSizeSettings
    """The instance."""
    forwards: tuple[ForwardSettings, ...]
    """What it forwards."""
    allowed: tuple[AllowedSourceSettings, ...]
    """Who may connect."""

    def faults(self) -> Iterator[Fault]:
        yield from unique("allowed", self.allowed, "cidr")
        yield from ambiguous_forwards(self.forwards)


def _is_a_day(written: str) -> bool:
    try:
        # A day without quotes is a time to YAML, and Pulumi hands it over as Go writes times.
        date.fromisoformat(written.removesuffix(" 00:00:00 +0000 UTC"))
    except ValueError:
        return False
    return True
