"""Backup and restore of an SQLite file."""

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from app.infrastructure.db.backup import BackupRefused, new_file, refuse_later, remove
from app.infrastructure.db.releases import VERSION, Schema
from app.infrastructure.db.sqlite import connect

_PAGES_AT_ONCE = 2048


def back_up(source: Path, partial: Path) -> Schema:
    """Copy the file as of one instant while it is in use; returns its schema state.

    One snapshot is held for the whole copy. So the copy contains exactly what was committed before
    it began, and concurrent writes never restart it.

    Raises:
        BackupRefused: the file does not exist, is damaged, or is not a database of Tradepost.
    """
    if not source.is_file():
        raise BackupRefused(f"there is no database {source}: check DATABASE_URL")
    with (
        closing(connect(source, read_only=True)) as reading,
        closing(sqlite3.connect(partial, isolation_level=None)) as writing,
    ):
        writing.execute("PRAGMA synchronous=OFF")  # the caller syncs the file, once
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        reading.backup(writing, pages=_PAGES_AT_ONCE)
        reading.execute("ROLLBACK")
    return look(partial, source)


def look(copy: Path, origin: Path) -> Schema:
    """Check an unused copy page by page and merge its journal; returns its schema state.

    Raises:
        BackupRefused: it is damaged, or not a database of Tradepost. The message names ``origin``.
    """
    try:
        with closing(sqlite3.connect(copy, isolation_level=None)) as opened:
            opened.execute("PRAGMA journal_mode=DELETE")
            [(found,)] = opened.execute("PRAGMA integrity_check(1)").fetchall()
            if found != "ok":
                raise BackupRefused(f"{origin} is damaged: {' '.join(str(found).split())}")
            if not opened.execute(
                "SELECT 1 FROM sqlite_schema WHERE name = ?", (VERSION.name,)
            ).fetchall():
                raise BackupRefused(f"{origin} holds no database of Tradepost")
            # Older schemas have no column for the oldest compatible release.
            [row] = opened.execute(f"SELECT * FROM {VERSION.name}").fetchall()
            return Schema(row[0], row[1] if len(row) > 1 else None)
    except sqlite3.DatabaseError as error:
        raise BackupRefused(f"{origin} is damaged: {error}") from error


def restore(
    file: Path,
    target: Path,
    known: Sequence[str],
    *,
    replace: bool,
) -> Schema:
    """Replace an unused database by a backup; returns its schema state.

    The backup is copied and the copy is checked before anything is changed; then it replaces the
    old file in one step.

    Raises:
        BackupRefused: the backup is damaged, foreign or of a later release; or the target is in
        use.
    """
    if _is_filled(target) and not replace:
        raise BackupRefused(f"{target} holds a database already: back it up, then use --replace")
    target.parent.mkdir(parents=True, exist_ok=True)
    with new_file(target, _make_way(target)) as partial:
        shutil.copyfile(file, partial)
        schema = look(partial, file)
        refuse_later(file, schema, known)
    return schema


def _is_filled(target: Path) -> bool:
    if not target.exists():
        return False
    try:
        with closing(sqlite3.connect(target)) as opened:
            return bool(opened.execute("SELECT 1 FROM sqlite_schema").fetchall())
    except sqlite3.DatabaseError:
        return True


def _make_way(target: Path) -> Callable[[], None]:
    """Close the old file for all users; its journal would corrupt the new one."""

    def make_way() -> None:
        if target.exists():
            try:
                with closing(sqlite3.connect(target, timeout=0, isolation_level=None)) as there:
                    there.execute("PRAGMA journal_mode=DELETE")
            except sqlite3.DatabaseError as error:
                if "locked" in str(error):
                    raise BackupRefused(f"{target} is in use: stop the service first") from error
                # A damaged file may be replaced.
        remove(target, journals_only=True)

    return make_way
