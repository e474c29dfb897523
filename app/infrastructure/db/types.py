"""Column types that both databases understand alike, without a processor on PostgreSQL.

| type    | in Python       | PostgreSQL  | SQLite (STRICT)                |
| Id      | bytes (16)      | uuid        | BLOB                           |
| Integer | int             | bigint      | INTEGER                        |
| Text    | str             | text        | TEXT                           |
| Bytes   | bytes           | bytea       | BLOB                           |
| Flag    | bool            | boolean     | INTEGER 0/1                    |
| Day     | date            | date        | TEXT, ISO 8601                 |
| Instant | aware datetime  | timestamptz | INTEGER, microseconds of Unix  |
| Json    | dict or list    | jsonb       | TEXT                           |
"""

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import types
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class _Both(types.TypeDecorator[Any]):
    """A type with one implementation per database."""

    cache_ok = True
    impl: Any = types.Text
    postgres: types.TypeEngine[Any]
    sqlite: types.TypeEngine[Any]
    from_sqlite: Callable[[Any], Any] | None = None

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        """The implementation for ``dialect``."""
        chosen = self.postgres if dialect.name == "postgresql" else self.sqlite
        return dialect.type_descriptor(chosen)

    def coerce_compared_value(self, op: Any, value: Any) -> types.TypeEngine[Any]:
        """Values compared with such a column are of its type."""
        del op, value
        return self


class _SqliteInteger(types.UserDefinedType[Any]):
    """INTEGER, whatever the width asked for: the only integer of a STRICT table."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The name in DDL."""
        return "INTEGER"


class Id(_Both):
    """A ULID."""

    impl = types.LargeBinary
    postgres = postgresql.UUID()
    sqlite = sqlite.BLOB()


class Integer(_Both):
    """A 64-bit integer; every number of the books is one."""

    impl = types.BigInteger
    postgres = types.BigInteger()
    sqlite = _SqliteInteger()


class Text(_Both):
    """Text of bounded length; the bound stands in the schema of the request and in a CHECK."""

    postgres = types.Text(collation="C")  # the order of SQLite, and of keyset pages
    sqlite = types.Text()


class Bytes(_Both):
    """Raw bytes (hashes, sealed keys)."""

    impl = types.LargeBinary
    postgres = postgresql.BYTEA()
    sqlite = sqlite.BLOB()


class Flag(_Both):
    """True or false."""

    impl = types.Boolean
    postgres = types.Boolean()
    sqlite = _SqliteInteger()
    from_sqlite = bool


class Day(_Both):
    """A calendar day where the company is."""

    impl = types.Date
    postgres = types.Date()
    sqlite = types.Text()
    from_sqlite = date.fromisoformat


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


@lru_cache(maxsize=256)
def to_microseconds(instant: datetime) -> int:
    """Microseconds since the Unix epoch, exact. All rows of a work carry the same few instants."""
    return (instant - _EPOCH) // _MICROSECOND


class Instant(_Both):
    """A point in time, UTC."""

    impl = types.DateTime
    postgres = postgresql.TIMESTAMP(timezone=True)
    sqlite = _SqliteInteger()
    from_sqlite = staticmethod(_instant)


class Json(_Both):
    """A JSON document that the service writes and never searches on the hot path."""

    impl = types.JSON
    postgres = postgresql.JSONB()
    sqlite = types.Text()
    from_sqlite = staticmethod(orjson.loads)


def sqlite_reader(type_: types.TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """How a value of SQLite becomes the value of Python, None when it already is."""
    if not isinstance(type_, _Both):
        return None
    return type_.from_sqlite


def register_sqlite_adapters() -> None:
    """Teach sqlite3 how values are bound.

    A type that it was not told about, bytes and None among them, is searched for adapters at every
    value; telling it that they are fine as they are makes an INSERT a quarter cheaper.
    """
    sqlite3.register_adapter(datetime, to_microseconds)
    sqlite3.register_adapter(date, date.isoformat)
    sqlite3.register_adapter(bytes, bytes.__bytes__)
    sqlite3.register_adapter(bool, int)
    sqlite3.register_adapter(type(None), lambda _: None)
    for type_ in (dict, list, tuple):
        sqlite3.register_adapter(type_, lambda value: orjson.dumps(value).decode())
    for enumeration in StrEnum.__subclasses__():
        sqlite3.register_adapter(enumeration, str.__str__)
