"""The HTTP side of refusals: the table from kind to status, and the errors of the HTTP edge.

Every error of this module is raised before or instead of a use case: by the router, by a
middleware, or while a request is read. ``problems.py`` renders them.
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
    Kind.RANGE: 416,
    Kind.RULE_BROKEN: 422,
    Kind.VERSION_REQUIRED: 428,
    Kind.LIMIT_REACHED: 429,
    Kind.INTERNAL: 500,
    Kind.UNAVAILABLE: 503,
}

# The client disconnected before its answer: only logged and counted.
CLIENT_CLOSED: Final = 499


class EdgeError(DomainError):
    """Base of the refusals of the HTTP edge. With ``closes`` the answer ends the connection."""

    closes: ClassVar[bool] = False


class MalformedRequest(EdgeError):
    """The request violates HTTP in a way that has no code of its own."""

    code = "common.malformed_request"
    kind = Kind.MALFORMED


class MalformedJson(EdgeError):
    """The body is not a JSON document; reading stopped at ``line`` and ``column``, from 1."""

    code = "common.malformed_json"
    kind = Kind.MALFORMED


class NestedTooDeep(EdgeError):
    """The body nests deeper than ``limit`` levels."""

    code = "common.nested_too_deep"
    kind = Kind.MALFORMED


class DuplicateMember(EdgeError):
    """An object of the body contains a member twice, so its meaning is ambiguous."""

    code = "common.duplicate_member"
    kind = Kind.MALFORMED


class MalformedQuery(EdgeError):
    """The query string contains a NUL character."""

    code = "common.malformed_query"
    kind = Kind.MALFORMED


class UnknownParameter(EdgeError):
    """A query parameter is unknown to the route; it is refused, never ignored."""

    code = "common.unknown_parameter"
    kind = Kind.MALFORMED


class RepeatedParameter(EdgeError):
    """A query parameter that takes one value is repeated."""

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
    """The month in the path does not have the form ``YYYY-MM``."""

    code = "common.month_form"
    kind = Kind.NOT_FOUND


class HostRefused(EdgeError):
    """The ``Host`` header is missing or not a name of this service."""

    code = "common.host_refused"
    kind = Kind.MALFORMED
    closes = True


class HeaderRepeated(EdgeError):
    """A header that may stand only once is repeated."""

    code = "common.header_repeated"
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
    """The path does not support the method. ``allow`` becomes the ``Allow`` header."""

    code = "common.method_not_allowed"
    kind = Kind.METHOD_NOT_ALLOWED

    def __init__(self, allow: Iterable[str] = ()) -> None:
        super().__init__()
        self.allow = tuple(sorted(allow))


class RangeNotSatisfiable(EdgeError):
    """The range of bytes begins after the last one of ``size``, which ``Content-Range`` tells."""

    code = "common.range_not_satisfiable"
    kind = Kind.RANGE

    def __init__(self, size: int) -> None:
        super().__init__(size=size)
        self.size = size


class BodyTooLarge(EdgeError):
    """The body has more than ``limit`` bytes."""

    code = "common.body_too_large"
    kind = Kind.TOO_LARGE
    closes = True


class UnsupportedMedia(EdgeError):
    """The body does not have the ``expected`` type, or has another charset or coding."""

    code = "common.unsupported_media"
    kind = Kind.UNSUPPORTED_MEDIA


class ValidationFailed(EdgeError):
    """Members or parameters do not have the required form; ``faults`` lists them."""

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
    """More requests are running than the service allows at once; nothing was changed."""

    code = "common.overloaded"
    kind = Kind.UNAVAILABLE


class Internal(EdgeError):
    """A fault of the service. The answer contains only the trace id under which it is logged."""

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
    """The edge error for a status that the framework itself has chosen."""
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
    """The refusal for a malformed id in the path: the same as for an id that does not exist."""
    return NotFound()
