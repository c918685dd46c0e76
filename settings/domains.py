"""The domains of the platform."""

from __future__ import annotations

from collections.abc import Iterator

from settings.dns_record import DnsRecordSettings
from settings.messages import Fault
from settings.section import Section
from settings.values import DomainName


class DomainsSettings(Section):
    """The two DNS zones: one for the internet and one for the network. A stack with a network of its own needs them."""

    public: DomainName
    """The domain of the public zone, such as `client.url`."""
    internal: DomainName
    """The domain of the private zone, such as `internal-client.url`. Only machines in the network can resolve it."""

    records: tuple[DnsRecordSettings, ...] = ()
    """Records of the public zone that the stack does not need itself: those for mail, and whatever else the domain has
    where it is today. Without them here, they are gone when the registrar points at the new zone. A record with a
    public IPv4 or IPv6 address needs an exception from the policy `r53-no-dangling`."""

    def faults(self) -> Iterator[Fault]:
        if self.internal == self.public:
            yield Fault(path="internal", got=self.internal, expected="a domain other than domains.public")
