"""The private buckets that people and AWS know by name."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from settings.messages import Fault
from settings.section import Section
from settings.values import at_least, like


class Purpose(StrEnum):
    """What a bucket is for. It decides who may write to it, how it is encrypted and how long objects stay."""

    COST_REPORTS = "cost-reports"
    SITE_CONFIGURATION = "site-configuration"
    LOAD_BALANCER_LOGS = "load-balancer-logs"
    CONTENT_DELIVERY_LOGS = "content-delivery-logs"
    TEMPORARY = "temporary"


_EXPIRING = {Purpose.TEMPORARY, Purpose.LOAD_BALANCER_LOGS, Purpose.CONTENT_DELIVERY_LOGS}


class BucketSettings(Section):
    """A private bucket.

    A stack with a network of its own needs one bucket for `site-configuration` and one for `load-balancer-logs`, one
    for `cost-reports` if it has a `cost_report`, and one for `content-delivery-logs` if CloudFront writes access logs.
    It may have any number of `temporary` buckets.
    """

    name: Annotated[str, like("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "3 to 63 lower-case letters, digits, dots, hyphens")]
    """The name of the bucket, such as `client-billing`. Bucket names are unique in all of AWS. Another name later
    replaces the bucket."""
    purpose: Purpose
    """What the bucket is for. It decides who may write to it and how it is encrypted."""
    expire_after_days: Annotated[int, at_least(1)] | None = None
    """The age at which objects are deleted. Without it they are kept. A `temporary` bucket and a bucket for logs must
    have it: logs name shoppers' addresses, and grow with every request."""

    def faults(self) -> Iterator[Fault]:
        if self.purpose in _EXPIRING and self.expire_after_days is None:
            yield Fault(path="expire_after_days", expected=f"a number of days for a {self.purpose} bucket")
