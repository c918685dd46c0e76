"""Two rehearsals of many: a release that nobody notices, and one whose process is killed while the shop is held.

``make rehearsal`` has all of them, and every moment at which the process may be killed. This file is the last of its
folder: it raises a module's version in the database, with which the releases of the other files cannot live.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from release.journal import Event
from release.kinds import Kind
from release.steps import Action
from tests.hosts.live_sandbox import LiveSandbox
from tests.rehearsal.operator import Operator
from tests.rehearsal.scenarios import Rehearsal, killed, plain

pytestmark = pytest.mark.long


@pytest.fixture
def rehearsal(live: LiveSandbox, tmp_path: Path) -> Rehearsal:
    return Rehearsal.on(Operator(live, tmp_path))


@pytest.mark.row(19)
@pytest.mark.row(21)
def test_nobody_notices_a_plain_release(rehearsal: Rehearsal) -> None:
    row = plain(rehearsal)
    assert row.wrong == []
    assert row.answers.placed


@pytest.mark.row(20)
@pytest.mark.row(21)
def test_a_held_release_whose_process_is_killed_is_resumed(rehearsal: Rehearsal) -> None:
    row = killed(Kind.HELD, (Event.INTENDED, Action.DEPLOY_EVERYWHERE))(rehearsal)
    assert row.wrong == []
