"""Typed errors: every refusal by a business rule has a class, a stable code and a kind.

The kind decides the HTTP status (one table, in ``api/errors.py``); the code never changes and is
the key of the message catalogue (``api/locales``) and of the error reference (``docs/errors.md``).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field, replace
from enum import Enum
from typing import ClassVar

from app.domain.shared.frozen import frozen


class Kind(Enum):
    """The kind of a refusal; it decides what the caller can do next."""

    MALFORMED = "malformed"  # the request cannot be read at all
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"  # the current state does not allow it; another state would
    STALE = "stale"  # If-Match names an outdated version
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA = "unsupported_media"
    RULE_BROKEN = "rule_broken"  # no state allows this request
    VERSION_REQUIRED = "version_required"  # If-Match is missing
    LIMIT_REACHED = "limit_reached"
    UNAVAILABLE = "unavailable"  # try again later; nothing was changed
    METHOD_NOT_ALLOWED = "method_not_allowed"
    RANGE = "range"  # the part that is asked for does not exist
    INTERNAL = "internal"


@frozen
class Fault:
    """One faulty member of a request: its place, and the code of the fault."""

    pointer: str
    code: str
    params: dict[str, str | int] = field(default_factory=dict)


class DomainError(Exception):
    """Base of every refusal. ``params`` fill the message; they never contain a submitted value."""

    code: ClassVar[str]
    kind: ClassVar[Kind]

    def __init__(self, *, faults: Iterable[Fault] = (), **params: str | int) -> None:
        super().__init__(self.code)
        self.faults = tuple(faults)
        self.params = params

    @classmethod
    def at(cls, pointer: str, **params: str | int) -> "DomainError":
        """The error with itself as its only fault, at ``pointer`` of the request."""
        return cls(faults=(Fault(pointer, cls.code, dict(params)),), **params)

    def point(self, rename: Callable[[str], str]) -> None:
        """Prefix the pointers of the faults with the place of the refused part in the request."""
        self.faults = tuple(replace(fault, pointer=rename(fault.pointer)) for fault in self.faults)


def all_errors(base: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    """Every concrete error class (with a code) that is loaded so far."""
    for subclass in base.__subclasses__():
        if "code" in subclass.__dict__:
            yield subclass
        yield from all_errors(subclass)


class NotFound(DomainError):
    """The addressed resource does not exist for this tenant; another tenant's looks the same."""

    code = "common.not_found"
    kind = Kind.NOT_FOUND


class ReferenceNotFound(DomainError):
    """A body refers to an object that this tenant does not have; only the pointer is named."""

    code = "common.reference_not_found"
    kind = Kind.RULE_BROKEN


class IdTaken(DomainError):
    """A client-made id is in use by an object with other content."""

    code = "common.id_taken"
    kind = Kind.CONFLICT


class StaleVersion(DomainError):
    """``If-Match`` names a version that is no longer current."""

    code = "common.stale_version"
    kind = Kind.STALE


class VersionRequired(DomainError):
    """A change of a mutable resource needs ``If-Match``."""

    code = "common.version_required"
    kind = Kind.VERSION_REQUIRED


class ConcurrentChange(DomainError):
    """Other requests kept changing the same rows; the request was abandoned and changed nothing."""

    code = "common.concurrent_change"
    kind = Kind.CONFLICT


class ValueOutOfRange(DomainError):
    """A number is outside what the books can hold or the rule allows."""

    code = "common.out_of_range"
    kind = Kind.RULE_BROKEN


class InvalidValue(DomainError):
    """A value does not have the form that its field demands."""

    code = "common.invalid_value"
    kind = Kind.RULE_BROKEN


class Duplicate(DomainError):
    """A name, code or reference that must be unique is in use."""

    code = "common.duplicate"
    kind = Kind.CONFLICT


class ExternalRefTaken(DomainError):
    """Another document of this kind carries the same ``external_ref`` (unique for ever)."""

    code = "common.external_ref_taken"
    kind = Kind.CONFLICT


class PermissionMissing(DomainError):
    """The caller is authenticated but may not do this."""

    code = "auth.permission_missing"
    kind = Kind.FORBIDDEN


class ServiceUnavailable(DomainError):
    """The service cannot answer now; nothing was changed. Retry after ``retry_after_seconds``."""

    code = "common.unavailable"
    kind = Kind.UNAVAILABLE

    def __init__(self, *, retry_after_seconds: int = 1, **params: str | int) -> None:
        super().__init__()
        self.params = params
        self.retry_after_seconds = retry_after_seconds
