"""The part of a file that a request asks for: RFC 9110, 14."""

import re
from typing import Final

from starlette.requests import Request

from app.api.errors import RangeNotSatisfiable

_RANGE: Final = r"[ \t]*(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})[ \t]*"
_RANGES: Final = re.compile(rf"bytes={_RANGE}(?:,{_RANGE})*", re.IGNORECASE)


def check_range(request: Request, size: int) -> None:
    """Let the range that a request asks for be one that a file of ``size`` bytes has.

    A header in another form, or in another unit than bytes, is dropped: the answer is the whole
    file. Otherwise the file would be answered by a text that is no problem document.

    Raises:
        RangeNotSatisfiable: it begins after the end of the file.
    """
    asked = request.headers.get("range")
    if asked is None:
        return
    if not _RANGES.fullmatch(asked):
        _drop(request)
        return
    for each in asked.partition("=")[2].split(","):
        first, _, last = each.strip().partition("-")
        if not (int(first) < size if first else int(last) > 0):
            raise RangeNotSatisfiable(size)
        if first and last and int(first) > int(last):
            _drop(request)
            return


def _drop(request: Request) -> None:
    headers = request.scope["headers"]
    request.scope["headers"] = [each for each in headers if each[0] != b"range"]
