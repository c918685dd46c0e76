"""Debian machines for the tests that boot servers, made once for all of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from components.servers import server_files
from settings.server_size import ServerSizeSettings
from tests.servers.debian_machine import Base, in_memory, require_containers
from tests.servers.server_boots import BOOTS


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the machines are. In memory: they write a great deal."""
    require_containers()
    with in_memory(tmp_path_factory.mktemp("machines")) as directory:
        yield directory


@pytest.fixture(scope="session")
def debian(directory: Path) -> Callable[[str], Base]:
    """A release of Debian with what every server has. Each server's own packages are in its repository."""
    return functools.cache(lambda release: Base.build(directory, release, server_files.packages("boot"), BOOTS))


@pytest.fixture(scope="session")
def base(debian: Callable[[str], Base]) -> Base:
    """The release that servers have unless config says otherwise."""
    return debian(ServerSizeSettings.releases[0])
