"""What a database refuses, translated: a constraint to its error, the rest to retry or 503."""

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
    """Another transaction was faster; running the whole work anew may succeed."""


def on_constraint(error: ErrorFactory, *names: str) -> None:
    """State which domain error the violation of these constraints means."""
    for name in names:
        CONSTRAINT_ERRORS[name] = error


def constraint_error(name: str | None) -> Exception:
    """The error for a violated constraint.

    A primary key that exists already means that another transaction made the same row first: the
    work is run anew and then sees it.
    """
    if name is None:
        return ServiceUnavailable()
    if name in CONSTRAINT_ERRORS:
        return CONSTRAINT_ERRORS[name]()
    if name.endswith("_pk"):
        return Retry(name)
    if name.endswith("_fk"):
        return ReferenceNotFound()
    if name.endswith("_ck"):
        return ValueOutOfRange()
    return ConcurrentChange()
