"""How long to wait between two questions to AWS."""

from __future__ import annotations

import time
from collections.abc import Iterator

_FIRST_SECONDS = 0.3
_GROWTH = 1.5


def polls(longest_seconds: float) -> Iterator[None]:
    """At once, and then again and again: often at first, and later every so many seconds, which AWS's limits allow."""
    pause = _FIRST_SECONDS
    while True:
        yield
        time.sleep(min(pause, longest_seconds))
        pause *= _GROWTH
