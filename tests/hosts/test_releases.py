"""Two rehearsals of many: a release that nobody notices, and one that tells secrets, fails, and is killed in its hold.

``make rehearsal SCENARIOS=all`` has all of them, and every moment at which the process may be killed. This file is the
last of its folder: it raises a module's version in the database, with which releases of the other files cannot live.
"""

from __future__ import annotations

import pytest

from tests.hosts.live_sandbox import LiveSandbox
from tests.rehearsal.operator import Operator
from tests.rehearsal.scenarios import Rehearsal, plain, secrets_told

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def operator(live: LiveSandbox, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """One for both: what the first release printed is searched too."""
    return Operator(live, tmp_path_factory.mktemp("releases"))


@pytest.mark.row(19)
@pytest.mark.row(21)
def test_nobody_notices_a_plain_release(operator: Operator) -> None:
    row = plain(Rehearsal.on(operator))
    assert row.wrong == []
    assert row.answers.placed


@pytest.mark.row(20)
@pytest.mark.row(21)
def test_a_held_release_is_resumed_after_a_failure_and_a_kill_and_no_secret_is_read(operator: Operator) -> None:
    row = secrets_told(Rehearsal.on(operator))
    assert row.wrong == []
