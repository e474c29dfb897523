"""Commands that back up a database while it is in use, and restore it."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from app.bootstrap import sqlite_path
from app.cli.common import DatabaseOption, fail, read_settings, reason, with_container
from app.cli.database import check_all
from app.infrastructure.db import backup_postgres, backup_sqlite
from app.infrastructure.db.backup import (
    BackupRefused,
    kind_of,
    new_file,
    refuse_existing,
)
from app.infrastructure.db.releases import Schema
from app.infrastructure.db.schema import revisions
from app.settings import Settings

T = TypeVar("T")


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; only its owner can read it.")],
    database_url: DatabaseOption = "",
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite an existing file.")] = False,
) -> None:
    """Copy the database into a file while the service runs, and check the copy."""
    settings = read_settings(database_url)
    url = settings.database.owner_url

    def make_way() -> None:
        if url.startswith("sqlite") and file.exists() and file.samefile(sqlite_path(url)):
            raise BackupRefused(f"{file} is the database itself: name another file")
        refuse_existing(file, replace=replace)

    def make() -> tuple[Schema, bool]:
        make_way()
        with new_file(file, make_way) as partial:
            if url.startswith("sqlite"):
                schema = backup_sqlite.back_up(sqlite_path(url), partial)
                sound = _books_are_sound(read_settings(f"sqlite:///{partial.absolute()}"), schema)
                backup_sqlite.look(partial, file)
            else:
                schema, sound = backup_postgres.back_up(url, partial), True
        return schema, sound

    schema, sound = _told(make, url, "backed up")
    size = file.stat().st_size
    typer.echo(f"{file}: {size} bytes, revision {schema.revision}")
    if not sound:
        raise typer.Exit(1)


def restore(
    file: Annotated[Path, typer.Argument(help="A file made by `tradepost backup`.")],
    database_url: DatabaseOption = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the present contents of the database.")
    ] = False,
) -> None:
    """Restore a backup into an empty database and check its books. Does not migrate."""
    settings = read_settings(database_url)
    url = settings.database.owner_url
    known = revisions()

    def make() -> Schema:
        wanted = "sqlite" if url.startswith("sqlite") else "postgresql"
        if (kind := kind_of(file)) != wanted:
            raise BackupRefused(f"{file} is a backup of {kind}, the database is {wanted}")
        if wanted == "sqlite":
            return backup_sqlite.restore(file, sqlite_path(url), known, replace=replace)
        return backup_postgres.restore(file, url, known, replace=replace)

    schema = _told(make, url, "restored")
    typer.echo(f"restored {file}: revision {schema.revision}")
    if not _books_are_sound(settings, schema):
        raise typer.Exit(1)


def _told(work: Callable[[], T], url: str, done: str) -> T:
    """Run ``work`` and return its result; an error becomes one line."""
    try:
        return work()
    except typer.Exit:
        raise
    except BackupRefused as refused:
        raise fail(str(refused)) from None
    except Exception as error:
        # Disks and drivers raise various errors; the operator gets one line.
        raise fail(f"the database cannot be {done}: {reason(error, url)}") from None


def _books_are_sound(settings: Settings, schema: Schema) -> bool:
    """Report whether the books are sound, if this release can read them."""
    known = revisions()
    if not schema.suits(known):
        typer.echo(f"the books were not checked: {schema.refusal(known)}")
        return True
    sound: bool = with_container(settings, lambda container: check_all(container, broken_only=True))
    typer.echo("the books of every company are sound" if sound else "the books are BROKEN")
    return sound
