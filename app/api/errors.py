"""What a refusal is on the wire: the one table from kind to status, and the edge's own errors.

Every error of this module is raised before (or instead of) a use case: by the router, by a
middleware, or while a request is read. Rendering is in ``problems.py``.
"""

from collections.abc import Iterable
from typing import ClassVar, Final

from app.domain.shared.errors import DomainError, Fault, Kind, NotFound, ServiceUnavailable

STATUS: Final[dict[Kind, int]] = {
    Kind.MALFORMED: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.METHOD_NOT_ALLOWED: 405,
    Kind.CONFLICT: 409,
    Kind.STALE: 412,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED_MEDIA: 415,
    Kind.RULE_BROKEN: 422,
    Kind.VERSION_REQUIRED: 428,
    Kind.LIMIT_REACHED: 429,
    Kind.INTERNAL: 500,
    Kind.UNAVAILABLE: 503,
}

# A client gone before its answer: never sent, only logged and counted.
CLIENT_CLOSED: Final = 499


class EdgeError(DomainError):
    """Base of the refusals of the HTTP edge. ``closes`` ends the connection with the answer."""

    closes: ClassVar[bool] = False


class MalformedRequest(EdgeError):
    """The request breaks HTTP in a way that has no code of its own."""

    code = "common.malformed_request"
    kind = Kind.MALFORMED


class MalformedJson(EdgeError):
    """The body is not one JSON document; reading stopped at ``line`` and ``column``, from 1."""

    code = "common.malformed_json"
    kind = Kind.MALFORMED


class NestedTooDeep(EdgeError):
    """The body nests deeper than ``limit`` levels."""

    code = "common.nested_too_deep"
    kind = Kind.MALFORMED


class DuplicateMember(EdgeError):
    """An object of the body names a member twice, so its meaning is open."""

    code = "common.duplicate_member"
    kind = Kind.MALFORMED


class MalformedQuery(EdgeError):
    """The query string has a NUL character."""

    code = "common.malformed_query"
    kind = Kind.MALFORMED


class UnknownParameter(EdgeError):
    """The route does not know a query parameter; it is refused, never ignored."""

    code = "common.unknown_parameter"
    kind = Kind.MALFORMED


class RepeatedParameter(EdgeError):
    """A query parameter that takes one value stands there more than once."""

    code = "common.repeated_parameter"
    kind = Kind.MALFORMED


class IfMatchInvalid(EdgeError):
    """``If-Match`` does not hold one strong entity tag as this service gives them."""

    code = "common.if_match_invalid"
    kind = Kind.MALFORMED


class RangeReversed(EdgeError):
    """A range of days ends before it begins."""

    code = "common.range_reversed"
    kind = Kind.RULE_BROKEN


class MonthMalformed(EdgeError):
    """The path names a month in another form than ``YYYY-MM``, so it names nothing."""

    code = "common.month_form"
    kind = Kind.NOT_FOUND


class HostRefused(EdgeError):
    """The ``Host`` header is missing, doubled or not a name of this service."""

    code = "common.host_refused"
    kind = Kind.MALFORMED
    closes = True


class AmbiguousLength(EdgeError):
    """``Content-Length`` beside ``Transfer-Encoding``: the body may hide a smuggled request."""

    code = "common.ambiguous_length"
    kind = Kind.MALFORMED
    closes = True


class BodyTooSlow(EdgeError):
    """The body did not arrive within ``seconds``."""

    code = "common.body_too_slow"
    kind = Kind.MALFORMED
    closes = True


class HeadTooSlow(EdgeError):
    """Request line and headers did not arrive within ``seconds``."""

    code = "common.head_too_slow"
    kind = Kind.MALFORMED
    closes = True


class OriginRefused(EdgeError):
    """A cross-origin preflight from an origin, or for a method or header, that is not listed."""

    code = "common.origin_refused"
    kind = Kind.FORBIDDEN


class PathNotFound(EdgeError):
    """Nothing is served under this path."""

    code = "common.path_not_found"
    kind = Kind.NOT_FOUND


class MethodNotAllowed(EdgeError):
    """The path exists, the method does not. ``allow`` becomes the ``Allow`` header."""

    code = "common.method_not_allowed"
    kind = Kind.METHOD_NOT_ALLOWED

    def __init__(self, allow: Iterable[str] = ()) -> None:
        super().__init__()
        self.allow = tuple(sorted(allow))


class BodyTooLarge(EdgeError):
    """The body has more than ``limit`` bytes."""

    code = "common.body_too_large"
    kind = Kind.TOO_LARGE
    closes = True


class UnsupportedMedia(EdgeError):
    """The body is of another type than ``expected``, or of another charset or coding."""

    code = "common.unsupported_media"
    kind = Kind.UNSUPPORTED_MEDIA


class ValidationFailed(EdgeError):
    """Members or parameters do not have the form of the contract; ``faults`` lists them."""

    code = "common.validation_failed"
    kind = Kind.RULE_BROKEN


class RateLimited(EdgeError):
    """The caller's budget for this class of routes is used up."""

    code = "common.rate_limited"
    kind = Kind.LIMIT_REACHED

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(seconds=retry_after_seconds)
        self.retry_after_seconds = retry_after_seconds


class Overloaded(ServiceUnavailable):
    """More requests are under way than the service takes at once; nothing was done."""

    code = "common.overloaded"
    kind = Kind.UNAVAILABLE


class Internal(EdgeError):
    """A fault of the service. The answer tells only the trace id under which it is logged."""

    code = "common.internal"
    kind = Kind.INTERNAL


_BY_STATUS: Final[dict[int, type[DomainError]]] = {
    404: PathNotFound,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    422: ValidationFailed,
    500: Internal,
    503: ServiceUnavailable,
}


def status_of(error: DomainError | type[DomainError]) -> int:
    """The HTTP status of an error, by its kind."""
    return STATUS[error.kind]


def from_status(status: int, allow: str = "") -> DomainError:
    """The edge error that stands for a status which the framework itself has chosen."""
    if status == 405:
        return MethodNotAllowed(name.strip() for name in allow.split(",") if name.strip())
    if status == 415:
        return UnsupportedMedia(expected="application/json")
    fallback = Internal if status >= 500 else MalformedRequest
    return _BY_STATUS.get(status, fallback)()


def faulty(error: type[DomainError], pointers: Iterable[str]) -> DomainError:
    """``error`` with one fault of its own code at each of ``pointers``."""
    return error(faults=[Fault(pointer, error.code) for pointer in pointers])


def not_addressed() -> DomainError:
    """What an address that cannot be an id answers: the same as an id that names nothing."""
    return NotFound()
