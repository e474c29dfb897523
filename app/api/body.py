"""JSON bodies: read completely, checked for ambiguities between parsers, parsed once.

The checks keep every later step safe: numbers are finite, strings are valid Unicode without
characters that cannot be seen (nor can PostgreSQL store NUL), nesting is shallow, and no object
contains a member twice.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import orjson

from app.api.errors import (
    DuplicateMember,
    MalformedJson,
    NestedTooDeep,
    UnsupportedMedia,
    ValidationFailed,
)
from app.api.validation import FAULTS_MAX
from app.domain.shared.errors import Fault
from app.domain.shared.texts import hidden_character

DEPTH_MAX: Final = 64
JSON_TYPE: Final = "application/json"
MERGE_PATCH_TYPE: Final = "application/merge-patch+json"

_BRACES_AS_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")
_NOT_STRUCTURE: Final = bytes(value for value in range(256) if value not in b'[]{}"')
# Without one of these, a body in ASCII holds visible characters, tabs and line ends only.
_MAYBE_HIDDEN: Final = (b"\\u", b"\\b", b"\\f", b"\x7f")


def parse_json(body: bytes) -> Any:
    """The value of ``body``. Cost is linear in its size: about 1 ms for 100 kB.

    Raises:
        MalformedJson: not JSON in UTF-8, or with a number that is not finite (NaN, 1e400).
        NestedTooDeep: more than ``DEPTH_MAX`` levels.
        DuplicateMember: an object contains a member twice.
        ValidationFailed: a string contains a character that cannot be seen.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedJson(line=error.lineno, column=error.colno) from None
    # Backslashes occur only in strings, and an escaped backslash escapes nothing else.
    plain = body.replace(b"\\\\", b"") if b"\\" in body else body
    if depth_exceeds(plain, DEPTH_MAX):
        raise NestedTooDeep(limit=DEPTH_MAX)
    if _colons(plain) != orjson.dumps(value).count(b":"):
        raise DuplicateMember
    if not plain.isascii() or any(each in plain for each in _MAYBE_HIDDEN):
        faults = list(islice(_hidden_faults(value), FAULTS_MAX))
        if faults:
            raise ValidationFailed(faults=faults)
    return value


def check_media_type(content_type: bytes | None, accepted: tuple[str, ...]) -> None:
    """Check that the body is declared as one of the ``accepted`` types, in UTF-8.

    Raises:
        UnsupportedMedia: it has another type or charset, or none.
    """
    if content_type is None:
        raise UnsupportedMedia(expected=", ".join(accepted))
    name, *params = (part.strip().lower() for part in content_type.decode("latin-1").split(";"))
    charsets = [param for param in params if param.startswith("charset=")]
    if name not in accepted or any(text[8:].strip('"') != "utf-8" for text in charsets):
        raise UnsupportedMedia(expected=", ".join(accepted))


def depth_exceeds(plain: bytes, limit: int) -> bool:
    """Whether valid JSON (without escaped backslashes) nests deeper than ``limit`` levels.

    Only brackets and quotes are kept. Two adjacent quotes are a string without brackets, or the
    seam of two strings, and are dropped. If quotes remain, a string contains brackets, and only the
    text outside of strings counts. Then each pass removes the innermost level.
    """
    if plain.count(b"[") + plain.count(b"{") <= limit:
        return False
    text = plain.replace(b'\\"', b"") if b"\\" in plain else plain
    text = text.translate(_BRACES_AS_BRACKETS, _NOT_STRUCTURE).replace(b'""', b"")
    if b'"' in text:
        text = b"".join(text.split(b'"')[::2])
    for _ in range(limit):
        text = text.replace(b"[]", b"")
        if not text:
            return False
    return bool(text)


def _colons(plain: bytes) -> int:
    """The number of colons in the document that orjson writes for the value.

    Parsing drops a duplicate member with at least its own colon. So a document has duplicates
    exactly if its parsed value is written with fewer colons.
    """
    if b"\\" not in plain:
        return plain.count(b":")
    return plain.count(b":") + plain.count(b"\\u003a") + plain.count(b"\\u003A")


def _hidden_faults(value: Any, pointer: str = "") -> Iterator[Fault]:
    """The strings and member names with a hidden character. The depth is already bounded."""
    if isinstance(value, str):
        hidden = hidden_character(value)
        if hidden is not None:
            yield Fault(pointer, "validation.hidden_character", {"character": hidden})
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _hidden_faults(item, f"{pointer}/{index}")
    elif isinstance(value, dict):
        for name, item in value.items():
            hidden = hidden_character(name)
            if hidden is not None:
                yield Fault(pointer, "validation.hidden_character", {"character": hidden})
            step = name.replace("~", "~0").replace("/", "~1")
            yield from _hidden_faults(item, f"{pointer}/{step}")
