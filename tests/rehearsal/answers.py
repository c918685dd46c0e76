"""What shoppers were answered, and what that means for them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

_SHOWN = 4
"""Answers of a verdict that are shown."""


class Class(StrEnum):
    """What is asked for."""

    PAGE = "page"
    STATIC = "static"
    """The style sheet of a page that was just received, as CloudFront asks for it."""
    CART = "cart"
    """A shopper who adds to the cart, and later looks what is in it."""
    SLOW = "slow"
    """A form that arrives half a second after its headers."""
    ORDER = "order"
    BACK_OFFICE = "back office"


FRONT = (Class.PAGE, Class.STATIC, Class.CART, Class.SLOW, Class.ORDER)
HELD_FRONT = (Class.PAGE, Class.CART, Class.SLOW, Class.ORDER)
"""What a hold of the shop answers. CloudFront's origin, from which static files come, is never held."""


class Verdict(StrEnum):
    """What an answer is to whoever asked."""

    GOOD = "good"
    HELD = "held"
    """The hold's page."""
    FAILED = "failed"
    """Another status than expected, a connection that broke, or none within the time-out."""
    MIXED = "mixed"
    """The page is there, and a file that it names is not: they are of two releases."""
    LOST = "lost"
    """The session is gone: the cart does not have what was put in."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One request, and what came of it."""

    kind: Class
    at: float
    """When it was sent, as ``time.time`` has it."""
    seconds: float
    """Until it was answered."""
    status: int
    """0 without an answer."""
    release: str
    """Which release answered: the header X-Release. Empty if no instance did."""
    instance: str
    """The name of the host that answered: the header X-Instance."""
    verdict: Verdict
    why: str = ""
    """For one that is not good."""

    @property
    def over(self) -> float:
        return self.at + self.seconds


@dataclass(kw_only=True)
class Answers:
    """All answers of a time, and the orders that were placed in it."""

    all: list[Answer] = field(default_factory=list)
    placed: set[str] = field(default_factory=set)
    """The numbers of orders that the shop has confirmed."""
    attempted: set[str] = field(default_factory=set)
    """The numbers of all orders for which the form was sent."""

    def of(self, *kinds: Class) -> list[Answer]:
        return [each for each in self.all if each.kind in kinds]

    def count(self, verdict: Verdict, *kinds: Class) -> int:
        return sum(each.verdict is verdict and (not kinds or each.kind in kinds) for each in self.all)

    def bad(self, *allowed: Verdict) -> list[Answer]:
        """All that are neither good nor of an allowed verdict."""
        return [each for each in self.all if each.verdict is not Verdict.GOOD and each.verdict not in allowed]

    @property
    def by_class(self) -> Counter[Class]:
        return Counter(each.kind for each in self.all)

    def write(self, path: Path) -> None:
        """Write every answer, a line of JSON each, in the order in which they came."""
        path.write_text("".join(f"{json.dumps(asdict(each))}\n" for each in self.all))

    def gap(self, *kinds: Class) -> float:
        """The longest time in seconds without a good answer, between two good ones."""
        times = sorted(each.over for each in self.of(*kinds) if each.verdict is Verdict.GOOD)
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)

    def held_seconds(self, *kinds: Class) -> float:
        """From the first held answer to the last."""
        times = [each.at for each in self.of(*kinds) if each.verdict is Verdict.HELD]
        return max(times) - min(times) if times else 0.0


def texts(answers: Iterable[Answer]) -> Sequence[str]:
    """The first of each verdict, in a line each."""
    return [
        f"{datetime.fromtimestamp(each.at, UTC):%H:%M:%S.%f} {each.kind} {each.verdict}: {each.status} {each.why} "
        f"({each.release or 'no release'} on {each.instance or 'no instance'}, {each.seconds:.1f} s)"
        for each in _first(answers)
    ]


def _first(answers: Iterable[Answer]) -> Iterator[Answer]:
    counts: Counter[Verdict] = Counter()
    for each in answers:
        counts[each.verdict] += 1
        if counts[each.verdict] <= _SHOWN:
            yield each
