"""One live sandbox for all tests of this folder: it takes more than a minute to come up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.hosts import root_image
from sandbox.hosts.root_image import RootImageError
from sandbox.tests.hosts.programs import unavailable
from sandbox.tests.platform import Platform
from tests.hosts.live_sandbox import SHORT_WAITS, TIME_SCALE, LiveSandbox

RUNNING = "LIVE_SANDBOX"
"""An environment variable: the directory of a project whose live sandbox runs already, for those who write tests."""


# It ends with the last test of this folder: ten hosts that are asked for their health keep a core busy.
@pytest.fixture(scope="package")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    try:
        root_image.require()
    except RootImageError as error:
        unavailable(str(error))
    if running := os.environ.get(RUNNING):
        yield LiveSandbox(Platform(Path(running)))
        return
    built = Platform.copy_to(tmp_path_factory.mktemp("live"))
    try:
        # Brings both stacks up first, and waits until every environment is healthy on its placeholder.
        built.sandbox("live", "--time-scale", str(SHORT_WAITS))
        live = LiveSandbox(built)
        live.set_time_scale(TIME_SCALE)
        yield live
    finally:
        built.sandbox("down", check=False)
