"""What PostgreSQL and its driver raise, as refusals of the domain and as retries."""

from typing import Any

import asyncpg
import structlog

from app.domain.shared.errors import ServiceUnavailable
from app.infrastructure.db.errors import Retry, TookTooLong, constraint_error

_log = structlog.get_logger("app.database")


class translated:  # noqa: N801 - reads as a statement
    """Turn what the driver raises into domain errors and retries."""

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
    """As ``translated``, for what only reads: nobody but the caller runs it anew."""

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
