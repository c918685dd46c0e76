"""The sandbox takes a blow: throttling, lost answers and kills while the whole production stack comes up and goes.

One command then converges, and AWS holds exactly what it holds after a run without faults. The faults come from a seed:

    .venv/bin/python -m pytest -m faults tests/platform/test_faults.py           # all, an hour on two cores
    .venv/bin/python -m pytest -m faults tests/platform/test_faults.py -k "[7]"  # one
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platform.faults import Fault, FaultyPlatform, Inventory, Seed

_SEEDS = range(20)


@pytest.fixture(scope="module")
def clean_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FaultyPlatform, Inventory]]:
    """Production after a run without faults, and what AWS holds then."""
    clean = FaultyPlatform.make(tmp_path_factory.mktemp("clean"))
    try:
        clean.up()
        yield clean, clean.inventory()
    finally:
        clean.down()


@pytest.fixture(scope="module")
def clean_destroyed(clean_up: tuple[FaultyPlatform, Inventory]) -> Inventory:
    """What AWS holds after production was destroyed without faults: the account's own, and records of what was."""
    clean, _ = clean_up
    clean.destroy()
    return clean.inventory()


@pytest.fixture
def struck(tmp_path: Path) -> Iterator[FaultyPlatform]:
    struck = FaultyPlatform.make(tmp_path)
    yield struck
    struck.down()


@pytest.mark.long
def test_a_plugin_that_was_killed_leaves_no_orphan(
    clean_up: tuple[FaultyPlatform, Inventory], struck: FaultyPlatform
) -> None:
    """What it made without telling the engine is used by the next run. A VPC has no name to find it by."""
    _, clean = clean_up
    seed = Seed(2)
    assert seed.fault is Fault.PLUGIN
    struck.strike(seed, "up")
    struck.up()
    assert struck.inventory() == clean


@pytest.mark.faults
@pytest.mark.parametrize("number", _SEEDS)
def test_one_command_converges_and_nothing_is_orphaned(
    number: int, clean_up: tuple[FaultyPlatform, Inventory], clean_destroyed: Inventory, struck: FaultyPlatform
) -> None:
    """After a killed engine or AWS that is `make sandbox`, also where `pulumi destroy` was killed; otherwise the same
    command again."""
    _, clean = clean_up
    seed = Seed(number)
    struck.strike(seed, "up")
    struck.up()
    assert struck.inventory() == clean
    struck.strike(seed, "destroy")
    if seed.fault in (Fault.ENGINE, Fault.AWS):
        struck.up()
        assert struck.inventory() == clean
    else:
        struck.destroy()
        assert struck.inventory() == clean_destroyed
