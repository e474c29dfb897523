"""What a database refuses, translated: a constraint to its error, the rest to retry or 503."""

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
    """Another transaction was faster; running the whole work anew may succeed.

    It is run anew at most ``times_max`` times for one reason; then the command is told ``refusal``.
    """

    times_max = 3
    pause_seconds = 0.02  # time for the faster one to commit

    def __init__(self, reason: str, refusal: DomainError | None = None) -> None:
        super().__init__(reason)
        self.refusal = refusal or ConcurrentChange()


class Taken(Retry):
    """Another transaction made a row with the same key first, and has committed.

    The work that is run anew sees that row: it may be its own stored answer, or the document that
    it was to make. Work that meets the same constraint again does not look for it.
    """

    times_max = 1
    pause_seconds = 0.0


class TookTooLong(ServiceUnavailable):
    """The work was too large for its time, or somebody held a row of it all the while."""


def on_constraint(error: ErrorFactory, *names: str) -> None:
    """State which domain error the violation of these constraints means."""
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
    """The service cannot start as it is set up; the message is one line for the operator."""


def connection_refusal(error: BaseException, url: str, role: str) -> str:
    """Why PostgreSQL cannot be used under ``url``: one line that shows no password.

    ``role`` is what the login was to act as.
    """
    parts = urlsplit(url)
    login = parts.username or "(the user of this process)"
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return f'the server refuses the login "{login}": its name or its password is wrong'
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        name = parts.path.lstrip("/")
        return f'the server has no database "{name}": make it by `createdb {name}`'
    if isinstance(error, asyncpg.InvalidParameterValueError):
        return "the database is empty: run `tradepost migrate`"  # the role is not there
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
