"""The figures that a release promises, from what the rehearsal has counted and from the journal's own times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from release.journal import Record
from release.steps import Action
from release.window import times_of
from tests.rehearsal.answers import FRONT, Answers, Verdict

LEAST_FRONT_REQUESTS = 10_000
"""Of plain and additive releases together, and none of them fails."""
TOLERANCE, TOLERANCE_SECONDS = 0.2, 2.0
"""How far a window may be from its prediction: a share of it, or so many seconds, whichever is more. With short waits a
window takes 20 seconds, and Beanstalk is asked every two seconds whether it is ready."""
MOST_REST_SECONDS = 10
"""Of a hold, beside the migration and the deployment: verification, and until the load balancer follows its rules."""


def unharmed(answers: Iterable[Answers]) -> tuple[str, bool]:
    """What plain and additive releases were to shoppers, in one line, and whether it is as promised."""
    front = [each for row in answers for each in row.of(*FRONT)]
    failed = sum(each.verdict is not Verdict.GOOD for each in front)
    said = f"Plain and additive: {len(front):,} front requests, {failed} failed"
    is_right = failed == 0 and len(front) >= LEAST_FRONT_REQUESTS
    expected = "" if is_right else f"; expected at least {LEAST_FRONT_REQUESTS:,}, and none failed"
    return said + expected, is_right


def wrong_window(window: float, expected: float) -> Iterator[str]:
    """One line, if a window took another time than predicted."""
    if abs(window - expected) > max(TOLERANCE * expected, TOLERANCE_SECONDS):
        yield (
            f"the window was {window:.1f} s, expected {expected:.1f} s ± {TOLERANCE:.0%} or ± {TOLERANCE_SECONDS:.0f} s"
        )


def parts_of_hold(window: float, records: Sequence[Record]) -> dict[str, float]:
    """The seconds of a held release's window: migration, the deployment to each host at the same time, and the rest."""
    times = times_of([records])
    parts = {each.value: times[each] for each in (Action.MIGRATE, Action.DEPLOY_EVERYWHERE)}
    return {**parts, "the rest": window - sum(parts.values())}


def wrong_hold(window: float, records: Sequence[Record]) -> Iterator[str]:
    """One line, if a hold took longer than the migration, one host's deployment and ten seconds.

    All hosts deploy at the same time, so the deployment takes as long as one host's: on AWS. Here, five hosts share the
    computer, and it takes longer.
    """
    *_, rest = parts_of_hold(window, records).values()
    if rest > MOST_REST_SECONDS:
        yield (
            f"the hold took {rest:.1f} s beside {Action.MIGRATE} and {Action.DEPLOY_EVERYWHERE}, expected at most "
            f"{MOST_REST_SECONDS} s"
        )
