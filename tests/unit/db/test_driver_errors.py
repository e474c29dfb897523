"""What a driver raises, as the unit of work understands it (CO-03, RL-05)."""

import sqlite3

import asyncpg
import pytest

from app.domain.shared.errors import ServiceUnavailable
from app.infrastructure.db import sqlite
from app.infrastructure.db.errors import Retry, TookTooLong
from app.infrastructure.db.postgres_errors import translated


@pytest.mark.parametrize(
    ("raised", "meant"),
    [
        (asyncpg.DeadlockDetectedError, Retry),
        (asyncpg.SerializationError, Retry),
        (asyncpg.LockNotAvailableError, TookTooLong),
        (asyncpg.QueryCanceledError, TookTooLong),
        (asyncpg.TransactionTimeoutError, TookTooLong),
        (asyncpg.AdminShutdownError, ServiceUnavailable),
        (asyncpg.ConnectionDoesNotExistError, ServiceUnavailable),
        (asyncpg.TooManyConnectionsError, ServiceUnavailable),
        (asyncpg.InterfaceError, ServiceUnavailable),
        (asyncpg.InternalClientError, ServiceUnavailable),
        (asyncpg.PostgresSystemError, ServiceUnavailable),
        (asyncpg.ReadOnlySQLTransactionError, ServiceUnavailable),
        (ConnectionResetError, ServiceUnavailable),
        (TimeoutError, ServiceUnavailable),
        (asyncpg.UndefinedTableError, asyncpg.UndefinedTableError),  # a defect stays what it is
        (KeyError, KeyError),
    ],
)
def test_postgres(raised: type[Exception], meant: type[Exception]) -> None:
    with pytest.raises(meant) as caught, translated():
        raise raised("told by the driver")
    assert type(caught.value) is meant


@pytest.mark.parametrize(
    ("raised", "meant"),
    [
        (sqlite3.OperationalError("interrupted"), TookTooLong),
        (sqlite3.OperationalError("database is locked"), ServiceUnavailable),
        (sqlite3.OperationalError("disk I/O error"), ServiceUnavailable),
        (KeyError("a defect"), KeyError),
    ],
    ids=str,
)
def test_sqlite(raised: Exception, meant: type[Exception]) -> None:
    assert type(sqlite._translate(raised)) is meant
