"""The private buckets that people and AWS know by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from settings.messages import Fault
from settings.section import Section
from settings.values import Limit, between, like

_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
"""What S3 keeps for itself ("General purpose bucket naming rules")."""


class Purpose(StrEnum):
    """What a bucket is for. It decides who may write to it, how it is encrypted and how long objects stay."""

    COST_REPORTS = "cost-reports"
    SITE_CONFIGURATION = "site-configuration"
    LOAD_BALANCER_LOGS = "load-balancer-logs"
    CONTENT_DELIVERY_LOGS = "content-delivery-logs"
    RELEASES = "releases"
    TEMPORARY = "temporary"


_EXPIRING = {Purpose.TEMPORARY, Purpose.LOAD_BALANCER_LOGS, Purpose.CONTENT_DELIVERY_LOGS}


class BucketSettings(Section):
    """A private bucket.

    A stack with a network of its own needs one bucket each for `site-configuration`, `load-balancer-logs` and
    `releases`, one for `cost-reports` if it has a `cost_report`, and one for `content-delivery-logs` if CloudFront
    writes access logs. It may have any number of `temporary` buckets.
    """

    name: Annotated[
        str,
        like("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "3 to 63 lower-case letters, digits, dots, hyphens"),
        Limit(
            expected="a name that S3 takes: no dot beside a dot or hyphen, no address such as 192.0.2.1, and none of "
            f"{', '.join(_PREFIXES)} in front or {', '.join(_SUFFIXES)} at the end",
            holds=lambda name: (
                not (
                    re.search(r"\.\.|\.-|-\.|^\d+\.\d+\.\d+\.\d+$", name)
                    or name.startswith(_PREFIXES)
                    or name.endswith(_SUFFIXES)
                )
            ),
        ),
    ]
    """The name of the bucket, such as `client-billing`. Bucket names are unique in all of AWS."""
    purpose: Purpose
    """What the bucket is for. It decides who may write to it and how it is encrypted."""
    expire_after_days: Annotated[int, between(1, 36_500)] | None = None
    """The age at which objects are deleted. Without it they are kept. A `temporary` bucket and a bucket for logs must
    have it: logs name shoppers' addresses, and grow with every request."""

    def faults(self) -> Iterator[Fault]:
        if self.purpose in _EXPIRING and self.expire_after_days is None:
            yield Fault(path="expire_after_days", expected=f"a number of days for a {self.purpose} bucket")
        if self.purpose is Purpose.SITE_CONFIGURATION and self.expire_after_days is not None:
            yield Fault(
                path="expire_after_days",
                got=self.expire_after_days,
                expected="no expire_after_days, since S3 would delete the configuration that instances start with",
            )
