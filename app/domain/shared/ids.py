"""Identifiers: ULIDs, kept as 16 bytes everywhere inside and shown with a type prefix outside.

The bytes sort like the ULID text. SQLite stores them, and they are the wire format of PostgreSQL's
``uuid``. The text form is made only where JSON is made.
"""

import secrets
import struct
import threading
from array import array
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NewType

from app.domain.shared.errors import InvalidValue

Id = NewType("Id", bytes)

NO_ID: Final = Id(bytes(16))  # "none" where a key column may not be null (a company-wide series)

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
_HALVES = struct.Struct(">QQ").unpack
_TEXT_LENGTH = 26
# Maps our alphabet to that of Python's base 32; other characters map to one that it refuses.
_TO_PYTHON = dict.fromkeys(range(128), "!") | dict(
    zip(map(ord, _ALPHABET), "0123456789abcdefghijklmnopqrstuv", strict=True)
)
_RANDOM_AT_ONCE = 256
_RANDOM_MAX = (1 << 80) - 1


@lru_cache(maxsize=8192)
def ulid_text(value: bytes) -> str:
    """The 26 letters (Crockford base 32) of a ULID; cached, because a request repeats ids.

    Two letters are ten bits, and the first pair has eight: 128 bits and two zeros before them.
    """
    high, low = _HALVES(value)
    pairs = _PAIRS
    return (
        f"{pairs[high >> 56]}{pairs[high >> 46 & 1023]}{pairs[high >> 36 & 1023]}"
        f"{pairs[high >> 26 & 1023]}{pairs[high >> 16 & 1023]}{pairs[high >> 6 & 1023]}"
        f"{pairs[(high & 63) << 4 | low >> 60]}{pairs[low >> 50 & 1023]}{pairs[low >> 40 & 1023]}"
        f"{pairs[low >> 30 & 1023]}{pairs[low >> 20 & 1023]}{pairs[low >> 10 & 1023]}"
        f"{pairs[low & 1023]}"
    )


def ulid_bytes(text: str) -> Id:
    """The ULID written as ``text``.

    Raises:
        InvalidValue: not 26 letters of the alphabet, or above 128 bits.
    """
    if len(text) != _TEXT_LENGTH or not text.isascii():
        raise InvalidValue
    try:
        number = int(text.translate(_TO_PYTHON), 32)
        return Id(number.to_bytes(16, "big"))
    except (ValueError, OverflowError):
        raise InvalidValue from None


def show(prefix: str, value: bytes) -> str:
    """``prd_01J…`` for a product, and so on."""
    return prefix + "_" + ulid_text(value)


def read(prefix: str, text: str) -> Id:
    """The id behind ``text``, which must carry ``prefix``.

    Raises:
        InvalidValue: another prefix, or not a ULID.
    """
    if not text.startswith(prefix + "_"):
        raise InvalidValue
    return ulid_bytes(text[len(prefix) + 1 :])


def first_of(at_ms: int) -> Id:
    """The lowest id of a millisecond since the Unix epoch."""
    return Id(at_ms.to_bytes(6, "big") + bytes(10))


def dated(id_: bytes, at_ms: int, place: int = 0) -> Id:
    """``id_`` with another millisecond; ``place`` orders ids made from the same one."""
    rest = int.from_bytes(id_[6:], "big") + place & _RANDOM_MAX
    return Id((at_ms << 80 | rest).to_bytes(16, "big"))


class _Random32:
    """Random 32-bit numbers from the system, fetched in bulk."""

    def __init__(self) -> None:
        self._left: list[int] = []

    def __call__(self) -> int:
        """The next number."""
        if not self._left:
            self._left = array("I", secrets.token_bytes(_RANDOM_AT_ONCE * 4)).tolist()
        return self._left.pop()


class UlidFactory:
    """Makes ULIDs that ascend within the process, even in one millisecond and across threads."""

    def __init__(
        self, now_ms: Callable[[], int], random_32: Callable[[], int] | None = None
    ) -> None:
        self._now_ms = now_ms
        self._random_32 = random_32 or _Random32()
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> Id:
        """The next id: 48 bits of milliseconds, 80 random bits, always above the one before."""
        random_32 = self._random_32
        with self._lock:
            now_ms = self._now_ms()
            if now_ms > self._last >> 80:
                self._last = now_ms << 80 | (random_32() & 0xFFFF) << 64 | random_32() << 32
                self._last |= random_32()
            else:
                # In the same (or an earlier) millisecond the id grows by a random step, so that ids
                # ascend and stay unguessable.
                self._last += 1 + random_32()
            return Id(self._last.to_bytes(16, "big"))
