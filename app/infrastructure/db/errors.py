"""Translates database errors: a constraint to its domain error, the rest to a retry or 503."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import asyncpg

from app.domain.shared.errors import (
    ConcurrentChange,
    DomainError,
    ReferenceNotFound,
    ServiceUnavailable,
    ValueOutOfRange,
)

ErrorFactory = Callable[[], DomainError]

# Filled by the tables' modules: every UNIQUE, FOREIGN KEY and CHECK of the schema has its error.
CONSTRAINT_ERRORS: dict[str, ErrorFactory] = {}


class Retry(Exception):
    """Another transaction was faster; running the whole work again may succeed.

    It is run again at most ``times_max`` times for one reason; then the command gets ``refusal``.
    """

    times_max = 3
    pause_seconds = 0.02  # gives the other transaction time to commit

    def __init__(self, reason: str, refusal: DomainError | None = None) -> None:
        super().__init__(reason)
        self.refusal = refusal or ConcurrentChange()


class Taken(Retry):
    """Another transaction made a row with the same key first, and has committed.

    The next run sees that row, which may be the stored answer or the document that the command was
    about to create. Hitting the same constraint again is therefore final.
    """

    times_max = 1
    pause_seconds = 0.0


class TookTooLong(ServiceUnavailable):
    """The work exceeded its time limit, or another transaction kept one of its rows locked."""


def on_constraint(error: ErrorFactory, *names: str) -> None:
    """Register the domain error for the violation of each of these constraints."""
    for name in names:
        CONSTRAINT_ERRORS[name] = error


def constraint_error(name: str | None) -> Exception:
    """The error for a violated constraint."""
    if name is None:
        return ServiceUnavailable()
    refusal = CONSTRAINT_ERRORS[name]() if name in CONSTRAINT_ERRORS else None
    if name.endswith(("_pk", "_uq")):
        return Taken(name, refusal)
    if refusal is not None:
        return refusal
    if name.endswith("_fk"):
        return ReferenceNotFound()
    if name.endswith("_ck"):
        return ValueOutOfRange()
    return ConcurrentChange()


class StartRefused(Exception):
    """The service cannot start with its configuration; the message is one line for the operator."""


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


def first_line(error: BaseException) -> str:
    """The first line of a message, and the kind of error where it has none."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
