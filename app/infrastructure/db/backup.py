"""Backups of either database: one complete file that only its owner can read."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.infrastructure.db.releases import Schema

_BESIDE = ("", "-wal", "-shm", "-journal")  # what SQLite keeps beside a file


class BackupRefused(Exception):
    """A backup cannot be made or restored; the message is one line for the operator."""


@contextmanager
def new_file(place: Path, make_way: Callable[[], None]) -> Iterator[Path]:
    """Yield a file to fill; it is moved to ``place`` only when it is complete and on the disk.

    ``make_way`` is called last; when it raises, ``place`` stays unchanged.
    """
    handle, name = tempfile.mkstemp(prefix=f"{place.name}.", suffix=".partial", dir=place.parent)
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        _sync(partial)
        make_way()
        partial.replace(place)
        _sync(place.parent)
    finally:
        remove(partial)


def remove(file: Path, *, journals_only: bool = False) -> None:
    """Remove a file and the journals that SQLite may have left beside it."""
    for suffix in _BESIDE[1:] if journals_only else _BESIDE:
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def refuse_existing(file: Path, *, replace: bool) -> None:
    """Refuse to overwrite an existing file, unless asked to.

    Raises:
        BackupRefused: the file exists, or its folder does not.
    """
    if not file.parent.is_dir():
        raise BackupRefused(f"there is no folder {file.parent}")
    if file.is_dir() or (file.exists() and not replace):
        raise BackupRefused(f"{file} exists already: name another file, or use --replace")


def refuse_later(file: Path, schema: Schema, known: Sequence[str]) -> None:
    """Refuse a backup of a release that this code does not know and is not compatible with.

    Raises:
        BackupRefused: the backup is from such a release.
    """
    if schema.revision not in known and not schema.suits(known):
        raise BackupRefused(
            f"{file} is at revision {schema.revision}, which this release ({known[-1]}) does not "
            "know: restore it with the release that made it"
        )


def kind_of(file: Path) -> str:
    """``sqlite`` or ``postgresql``, by the first bytes of a backup.

    Raises:
        BackupRefused: the file does not exist or is not a backup.
    """
    if not file.is_file():
        raise BackupRefused(f"there is no file {file}")
    with file.open("rb") as opened:
        begin = opened.read(16)
    if begin == b"SQLite format 3\0":
        return "sqlite"
    if begin.startswith(b"PGDMP"):
        return "postgresql"
    raise BackupRefused(f"{file} is not a backup: `tradepost backup` creates one")


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
