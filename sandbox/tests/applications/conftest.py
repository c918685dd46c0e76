"""One MariaDB and one Redis for all tests of this directory; a database of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from sandbox.tests.applications.servers import Stores, require_programs, stores
from sandbox.tests.applications.shops import Shops

_numbers = count(1)


@pytest.fixture(scope="session")
def data_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    require_programs()
    # A socket's path must be short.
    with stores(tmp_path_factory.mktemp("s")) as made:
        yield made


@pytest.fixture
def database(data_stores: Stores) -> Iterator[str]:
    """An empty database, and an empty Redis."""
    name = f"test{next(_numbers)}"
    data_stores.sql(f"CREATE DATABASE {name}")
    data_stores.redis("FLUSHALL")
    yield name
    data_stores.sql(f"DROP DATABASE {name}")


@pytest.fixture
def shops(tmp_path: Path, data_stores: Stores, database: str) -> Shops:
    return Shops(tmp_path, data_stores, database)
