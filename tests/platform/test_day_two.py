"""What docs/configuration.md says of a change later is what the engine plans: an edit of each outcome again.

All edits take most of an hour. They run once a week in CI, with the command of `day_two.py`.
"""

from __future__ import annotations

import pytest

from sandbox.tests.platform import Platform
from settings import day_two
from settings.day_two import Outcome
from tests.platform.day_two import Edit, preview

pytestmark = pytest.mark.long

AGAIN = {
    Outcome.NOTHING: "site.database.snapshot_id",
    Outcome.IN_PLACE: "file_server.shares[].size_gib",
    Outcome.REPLACEMENT: "cost_report.name",
    Outcome.INTERRUPTION: "site.back_office.instance_types",
    Outcome.SETTINGS: "network.cidr",
    Outcome.PROTECT: "buckets",
    Outcome.REPORT: "final_snapshots",
}
"""A key for each outcome. Its edits need nothing but the shipped stack files."""


@pytest.mark.parametrize("outcome", Outcome)
def test_an_edit_comes_to_what_the_page_says(platform: Platform, outcome: Outcome) -> None:
    recorded = next(each for each in day_two.results()[AGAIN[outcome]] if each.outcome is outcome)
    found = preview(platform, Edit.again(recorded))
    assert (found.outcome, found.because) == (recorded.outcome, recorded.because)
    # What was previewed with other edits has no plan of its own.
    assert found.plan == (recorded.plan or found.plan)
