"""Translates database errors: a constraint to its domain error, the rest to a retry or 503."""

from collections.abc import Callable

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


class NotThere(Exception):
    """A table or column that a migration makes is not there, or not open to the service."""


class StartRefused(Exception):
    """The service cannot start with its configuration; the message is one line for the operator."""


def first_line(error: BaseException) -> str:
    """The first line of a message, and the kind of error where it has none."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
