"""Translates errors of PostgreSQL and its driver into domain errors and retries."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import structlog

from app.domain.shared.errors import ServiceUnavailable
from app.infrastructure.db.errors import (
    NotThere,
    Retry,
    TookTooLong,
    constraint_error,
    first_line,
)

_log = structlog.get_logger("app.database")


class translated:  # noqa: N801 - reads as a statement
    """Translate errors of the driver into domain errors and retries."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        del kind, trace
        if error is None:
            return
        translated = _translate(error)
        if translated is not None:
            raise translated from error


class translated_read(translated):  # noqa: N801 - reads as a statement
    """As ``translated``, for reads: there is no automatic retry, so the caller gets a refusal."""

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, _NOT_THERE):
            raise NotThere from error
        try:
            super().__exit__(kind, error, trace)
        except Retry as retry:
            raise ServiceUnavailable from retry


_NOT_THERE = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.InsufficientPrivilegeError,
)
_AGAIN = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)
_TOO_LONG = (
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.TransactionTimeoutError,
)
_BUSY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,  # its disk
    asyncpg.ReadOnlySQLTransactionError,  # another server is the primary now
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the end of a connection, met in the middle of an answer
    OSError,
    TimeoutError,
)


def _translate(error: BaseException) -> Exception | None:
    if isinstance(error, _AGAIN):
        return Retry(type(error).__name__)
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        _log.warning(
            "constraint_violated",
            constraint=error.constraint_name,
            table=error.table_name,
            sqlstate=error.sqlstate,
        )
        return constraint_error(error.constraint_name)
    if isinstance(error, _TOO_LONG):
        _log.warning("took_too_long", error=type(error).__name__)
        return TookTooLong()
    if isinstance(error, _BUSY):
        _log.warning("database_busy", error=type(error).__name__)
        return ServiceUnavailable()
    return None


def connection_refusal(error: BaseException, url: str, role: str) -> str:
    """Why PostgreSQL cannot be used at ``url``, in one line without a password.

    ``role`` is the role that the login should assume.
    """
    parts = urlsplit(url)
    login = parts.username or "(the user of this process)"
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return f'the server refuses the login "{login}": its name or its password is wrong'
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        name = parts.path.lstrip("/")
        return f'the server has no database "{name}": make it by `createdb {name}`'
    if isinstance(error, asyncpg.InvalidParameterValueError):
        return "the database is empty: run `tradepost migrate`"  # the role does not exist
    if isinstance(error, asyncpg.InsufficientPrivilegeError) and "role" in str(error):
        return (
            f'the login "{login}" may not act as {role}: '
            f'an administrator has to run: GRANT {role} TO "{login}";'
        )
    if isinstance(error, OSError | TimeoutError):
        host = parse_qs(parts.query).get("host", [parts.hostname or "localhost"])[0]
        return f"no database server answers at {host}, port {parts.port or 5432}"
    return f"the database refuses the connection: {first_line(error)}"


def is_refused_login(error: BaseException) -> bool:
    """Whether the server refuses the login, or has no such database."""
    return isinstance(
        error, asyncpg.InvalidAuthorizationSpecificationError | asyncpg.InvalidCatalogNameError
    )
