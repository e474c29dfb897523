"""Servers under load, on either database, for the tests that hurt them."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.support.faults_cluster import Cluster
from tests.support.faults_service import Service, serving

_FOLDER = "reliability/faults"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """These tests belong to scripts/test-reliability: only who names the folder gets them."""
    named = any(_FOLDER in argument for argument in config.args)
    return None if named else True


@pytest.fixture(scope="session")
def long() -> bool:
    """Whether the long form was asked for."""
    return os.environ.get("RELIABILITY_LONG", "") == "1"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL that may be hurt."""
    made = Cluster()
    yield made
    made.close()


@pytest.fixture
def database(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh, migrated database of this test."""
    if dialect == "sqlite":
        return str(request.getfixturevalue("sqlite_database"))
    made: Cluster = request.getfixturevalue("cluster")
    return made.url(made.new_database())


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh, migrated file."""
    path = tmp_path / "faults.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def serve(tmp_path: Path) -> Callable[[str], AbstractAsyncContextManager[Service]]:
    """Starts the service on a database, with a shop open, and ends it with the block."""
    return lambda url: serving(url, tmp_path)


@pytest.fixture
async def service(database: str, tmp_path: Path) -> AsyncIterator[Service]:
    """The service on the database of this test, with a shop open."""
    async with serving(database, tmp_path) as running:
        yield running
