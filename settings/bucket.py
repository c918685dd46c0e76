"""The private buckets that people and AWS know by name."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from settings.messages import MISSING, Fault
from settings.section import Section, at_least
from settings.text import BucketName


class Purpose(StrEnum):
    """What a bucket is for. It decides who may write to it, how it is encrypted and how long objects stay."""

    COST_REPORTS = "cost-reports"
    SITE_CONFIGURATION = "site-configuration"
    LOAD_BALANCER_LOGS = "load-balancer-logs"
    CONTENT_DELIVERY_LOGS = "content-delivery-logs"
    TEMPORARY = "temporary"


class BucketSettings(Section):
    """One private bucket."""

    name: BucketName
    """The name of the bucket. Bucket names are unique in all of AWS."""
    purpose: Purpose
    """What the bucket is for: it decides who may write to it and how it is encrypted."""
    expire_after_days: int | None = None
    """The age in days at which objects are deleted. A `temporary` bucket must have it."""

    def faults(self) -> Iterator[Fault]:
        if self.expire_after_days is not None:
            yield from at_least("expire_after_days", self.expire_after_days, 1)
        elif self.purpose is Purpose.TEMPORARY:
            yield Fault(path="expire_after_days", got=MISSING, expected="a number of days for a temporary bucket")
