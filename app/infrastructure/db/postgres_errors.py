"""Translates errors of PostgreSQL and its driver into domain errors and retries."""

from typing import Any

import asyncpg
import structlog

from app.domain.shared.errors import ServiceUnavailable
from app.infrastructure.db.errors import Retry, TookTooLong, constraint_error

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
        try:
            super().__exit__(kind, error, trace)
        except Retry as retry:
            raise ServiceUnavailable from retry


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
