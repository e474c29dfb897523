"""What the HTTP edge knows about the current request."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

RECORD_KEY: Final = "tradepost"
_TAG: Final = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')


@dataclass(slots=True)
class RequestRecord:
    """Filled by middleware, router and authentication; read by log and metrics.

    ``client`` is the caller's address behind trusted proxies. ``status`` is 0 until the answer
    starts. ``route`` is the template of the matched path. ``locale`` is the language that a known
    caller prefers. ``headers`` are added to every kind of answer.
    """

    request_id: str
    trace_id: str
    client: str = ""
    status: int = 0
    route: str | None = None
    error_code: str | None = None
    user_id: str | None = None
    company_id: str | None = None
    principal: Any = None  # the caller, once authenticated
    locale: str | None = None
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


def record_of(scope: Mapping[str, Any]) -> RequestRecord:
    """The record of this request; a new, empty one if the context middleware did not run."""
    record = scope.get(RECORD_KEY)
    return record if isinstance(record, RequestRecord) else RequestRecord("", "")


def knows(scope: Mapping[str, Any], etag: str) -> bool:
    """Whether the caller has the representation with this tag already.

    By weak comparison: RFC 9110, 13.1.2.
    """
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            text = value.decode("latin-1").strip()
            if text in (etag, "*") or etag in _TAG.findall(text):
                return True
    return False


def header(scope: Mapping[str, Any], name: bytes) -> bytes | None:
    """The first value of the request header ``name`` (lower case)."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None
