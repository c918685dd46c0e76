"""The CloudFront distributions of media and static files."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from settings.firewall import FirewallSettings
from settings.messages import Fault
from settings.section import Section, repeated
from settings.values import DomainName


class PriceClass(StrEnum):
    """Which of CloudFront's edges serve, under CloudFront's own names ("Price class for a distribution")."""

    EUROPE_AND_NORTH_AMERICA = "PriceClass_100"
    WITHOUT_SOUTH_AMERICA_AND_OCEANIA = "PriceClass_200"
    EVERYWHERE = "PriceClass_All"


class ContentDeliverySettings(Section):
    """Two CloudFront distributions: one for media files and one for static files. The certificate must cover all three
    names."""

    media: DomainName
    """The host name of media files, such as `media.client.url`."""
    static: DomainName
    """The host name of static files, such as `static.client.url`."""
    origin: DomainName
    """The host name from which CloudFront fetches, such as `origin.client.url`. It must be one of `site.host_names`."""
    price_class: PriceClass = PriceClass.EUROPE_AND_NORTH_AMERICA
    """Which of CloudFront's edges serve, and so the price: `PriceClass_100` is Europe and North America,
    `PriceClass_200` all except South America and Oceania, `PriceClass_All` all."""
    access_logs: bool = False
    """Whether CloudFront logs every request to the bucket for `content-delivery-logs`."""

    firewall: FirewallSettings | None = None
    """A web application firewall before both distributions. Without this section there is none."""

    def faults(self) -> Iterator[Fault]:
        if found := repeated((self.media, self.static, self.origin)):
            yield Fault(path="", got=found, expected="three different names for media, static and origin")
