"""Shared by all commands: read the settings, open the service, report errors in one line."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer
from sqlalchemy.exc import DBAPIError

from app.bootstrap import Container, build_container
from app.domain.shared.errors import ServiceUnavailable
from app.infrastructure.db.errors import StartRefused, first_line
from app.infrastructure.db.guards import APP_ROLE
from app.infrastructure.db.schema import MigrationRefused, driver_url, head, is_current
from app.infrastructure.observability.logging import configure_logging
from app.settings import SettingRefused, Settings

DatabaseOption = Annotated[
    str, typer.Option("--database-url", help="sqlite:///path or postgresql://…")
]


def fail(message: str) -> typer.Exit:
    """Print a one-line error; returns the exit to raise."""
    typer.echo(f"tradepost: {message}", err=True)
    return typer.Exit(1)


def read_settings(database_url: str) -> Settings:
    """The settings of the environment, with the database of the option where one is given."""
    settings = unchecked_settings(database_url)
    try:
        settings.refuse_unsafe()
    except SettingRefused as refused:
        raise fail(str(refused)) from None
    # A command prints its own messages; requests that create the demo company are not logged.
    configure_logging(level="ERROR", form=settings.log_format)
    return settings


def unchecked_settings(database_url: str) -> Settings:
    """The settings, without checking them for production.

    A database of the option also replaces DATABASE_OWNER_URL.
    """
    names = ("database_url", "database_owner_url", "database_url_file", "database_owner_url_file")
    given = {**dict.fromkeys(names, ""), "database_url": database_url} if database_url else {}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValueError as wrong:
        faults = [_fault(each) for each in getattr(wrong, "errors", list)()]
        raise fail("; ".join(sorted(faults)) or "the settings cannot be read") from None


def _fault(error: Any) -> str:
    """The name of a setting and what is wrong with it, without its value."""
    name = str(error["loc"][0]).upper() if error["loc"] else "a setting"
    return f"{name}: {error['msg'].removeprefix('Value error, ')}"


def migrate_to(settings: Settings, revision: str = "head", *, drop_data: bool = False) -> str:
    """Migrate the schema to a revision; returns the revision reached."""
    url = settings.database.owner_url
    try:
        if revision == "head" and is_current(url):
            return head()
        # Most starts have nothing to migrate, and Alembic costs a quarter of a second.
        from app.infrastructure.db import migrate  # noqa: PLC0415

        return migrate.go_to(url, revision, drop_data=drop_data)
    except MigrationRefused as refused:
        raise fail(str(refused)) from None
    except Exception as error:
        # Drivers raise various errors when a server is unreachable; the operator gets one line.
        raise fail(f"the database cannot be migrated: {reason(error, url)}") from None


def reason(error: BaseException, url: str) -> str:
    """The message of a driver, without what SQLAlchemy adds to it."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig.__cause__ or error.orig
    said = first_line(error)
    if url.startswith("sqlite"):
        place = getattr(error, "filename", None)
        return f"{place}: {getattr(error, 'strerror', said)}" if place else said
    from app.infrastructure.db.postgres_errors import (  # noqa: PLC0415 - not for SQLite
        connection_refusal,
        is_refused_login,
    )

    expected = isinstance(error, OSError | TimeoutError) or is_refused_login(error)
    return connection_refusal(error, driver_url(url), APP_ROLE) if expected else said


def with_container(settings: Settings, work: Callable[[Container], Awaitable[Any]]) -> Any:
    """Run ``work`` on the started service, without its HTTP edge."""

    async def run() -> Any:
        container = build_container(settings)
        try:
            await container.database.start()
            await container.health.check_schema()
            return await work(container)
        finally:
            await container.identity.stop()
            await container.database.stop()

    try:
        return asyncio.run(run())
    except ServiceUnavailable:
        raise fail("the database does not answer") from None
    except (StartRefused, SettingRefused) as refused:
        raise fail(str(refused)) from None
