"""Databases and applications for the tests: both databases, one file or template per run."""

import atexit
import gc
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

import app.application.contexts  # noqa: F401 - gathers kinds, prefixes and permissions
from app.infrastructure.db import migrate
from app.infrastructure.security import passwords
from app.main import create_app
from app.settings import Settings
from tests.support import pg
from tests.support.authenticator import ORIGIN, RP_ID
from tests.support.company import Company, register_company

SECRET = "a-secret-for-tests-that-is-long-enough-0123456789"
_OTHER_CODE = ("tests/architecture/", "tests/unit/load/test_replay_")
_STORAGE = tempfile.TemporaryDirectory(prefix="tradepost-")
atexit.register(_STORAGE.cleanup)
# Thousands of requests, each of which ends where that of another test has been.
_EVERY_ROUTE = "tests/api/kernel/test_every_"


def pytest_configure() -> None:
    """The first process of the run owns the server that all share."""
    gc.set_threshold(50_000, 20, 50)  # a thirteenth of the suite's time, otherwise
    structlog.configure(processors=[structlog.processors.LogfmtRenderer()])  # the coloured is dear
    pg.open_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server where it was opened."""
    if not hasattr(config, "workerinput"):
        pg.close_run()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let ``scripts/test`` measure no code twice, and none but the service's: it halves the speed.

    Above its port PostgreSQL runs what SQLite runs; its adapter has tests of its own.
    """
    for item in items:
        again = item.nodeid.startswith("tests/api/") and "[postgres" in item.nodeid
        if again or item.nodeid.startswith((*_OTHER_CODE, _EVERY_ROUTE)):
            item.add_marker(pytest.mark.unmeasured)


def settings_for(url: str, **overrides: Any) -> Settings:
    """Settings of a test application."""
    values = {
        "environment": "test",
        "database_url": url,
        "secret_key": SECRET,
        "rate_limit_enabled": False,
        "database_pool_size": 4,
        "knowledge_lag_seconds": 0,
        "register_seconds_min": 0,
        "audit_seal_seconds": 0,
        "webauthn_rp_id": RP_ID,
        "webauthn_origins": [ORIGIN],
        "storage_dir": _STORAGE.name,
        # Tests make exports themselves: what goes on in the background changes rows at any time.
        "exports_here": False,
    }
    return Settings(_env_file=None, **{**values, **overrides})


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """The name of a migrated, empty database of this worker."""
    name = f"template_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{uuid.uuid4().hex[:8]}"
    migrate.upgrade(pg.create_database(name))
    yield name
    pg.drop_database(name)


def fresh_url(dialect: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """The address of a fresh, migrated database."""
    if dialect == "sqlite":
        path = folder / f"{uuid.uuid4().hex}.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    template = request.getfixturevalue("postgres_template")
    return pg.create_database(f"test_{uuid.uuid4().hex}", template=template)


def drop(url: str) -> None:
    """Remove a database that ``fresh_url`` made; a file goes with its folder."""
    if not url.startswith("sqlite"):
        pg.drop_database(pg.database_of(url))


@pytest.fixture(params=["sqlite", "postgres"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Each test that touches a database runs once on either."""
    return str(request.param)


@dataclass
class Running:
    """A started application and the address of its database."""

    app: Any
    url: str


@pytest.fixture(scope="session")
async def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Callable[[str], Awaitable[Running]]]:
    """One application per database and worker: building it costs more than most tests.

    Tests do not meet in it, because each registers a company of its own.
    """
    started: dict[str, Running] = {}
    async with AsyncExitStack() as stack:

        async def start(dialect: str) -> Running:
            if dialect not in started:
                url = fresh_url(dialect, request, tmp_path_factory.mktemp(dialect))
                stack.callback(drop, url)
                # Each test signs up; at full price the passwords would take a third of the suite.
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(passwords, "ARGON2_MEMORY_KIB", 64)
                    patch.setattr(passwords, "ARGON2_PASSES", 1)
                    app = create_app(settings_for(url))
                await stack.enter_async_context(app.router.lifespan_context(app))
                started[dialect] = Running(app, url)
            return started[dialect]

        yield start


@pytest.fixture
async def shared(running: Callable[[str], Awaitable[Running]], dialect: str) -> Running:
    """The running application of this database."""
    return await running(dialect)


@pytest.fixture
def application(shared: Running) -> Any:
    """The application."""
    return shared.app


@pytest.fixture
def database_url(shared: Running) -> str:
    """The address of its database."""
    return shared.url


@pytest.fixture
def own_database_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database that belongs to this test alone."""
    url = fresh_url(dialect, request, tmp_path)
    yield url
    drop(url)


@pytest.fixture
async def own_application(own_database_url: str) -> AsyncIterator[Any]:
    """An application that belongs to this test alone."""
    app = create_app(settings_for(own_database_url))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def own_company(own_application: Any) -> AsyncIterator[Company]:
    """The only company of that application."""
    async with register_company(own_application) as registered:
        yield registered


@pytest.fixture
async def anonymous(application: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client nobody knows."""
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
async def company(application: Any) -> AsyncIterator[Company]:
    """A fresh company in GBP and UTC, with its owner signed in."""
    async with register_company(application) as registered:
        yield registered


@pytest.fixture
def api(company: Company) -> httpx.AsyncClient:
    """The client of that company's owner; paths start with /api/v1."""
    return company.client
