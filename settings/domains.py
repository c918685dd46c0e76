"""The domains of the platform."""

from __future__ import annotations

from collections.abc import Iterator

from settings.messages import Fault
from settings.section import Section
from settings.text import DomainName


class DomainsSettings(Section):
    """One zone for the internet and one for the network."""

    public: DomainName
    """The domain of the public zone."""
    internal: DomainName
    """The domain of the private zone, which answers inside the network only."""

    def faults(self) -> Iterator[Fault]:
        if self.internal == self.public:
            yield Fault(path="internal", got=self.internal, expected="a domain other than domains.public")
