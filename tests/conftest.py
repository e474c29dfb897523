"""Databases and applications for the tests: both databases, one file or template per run."""

import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.infrastructure.db import migrate
from app.main import create_app
from app.settings import Settings
from tests.support import pg
from tests.support.company import Company, register_company

SECRET = "a-secret-for-tests-that-is-long-enough-0123456789"


def pytest_configure() -> None:
    """The first process of the run owns the server that all share."""
    pg.open_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server where it was opened."""
    if not hasattr(config, "workerinput"):
        pg.close_run()


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
    url = pg.create_database(name)
    migrate.upgrade(url)
    yield name
    pg.drop_database(name)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, migrated database, once for each kind."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        path = tmp_path / "test.db"
        shutil.copy(template, path)
        yield f"sqlite:///{path}"
        return
    template = request.getfixturevalue("postgres_template")
    name = f"test_{uuid.uuid4().hex}"
    yield pg.create_database(name, template=template)
    pg.drop_database(name)


@pytest.fixture
async def application(database_url: str) -> AsyncIterator[Any]:
    """The application, started."""
    app = create_app(settings_for(database_url))
    async with app.router.lifespan_context(app):
        yield app


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
