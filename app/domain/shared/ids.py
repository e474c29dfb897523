"""Identifiers: ULIDs, kept as 16 bytes everywhere inside and shown with a type prefix outside.

Bytes sort as the ULID text sorts, are what SQLite stores, and are what PostgreSQL's ``uuid`` is on
the wire; the text is made only where JSON is made.
"""

import secrets
import threading
from collections.abc import Callable
from typing import Final, NewType

from app.domain.shared.errors import InvalidValue

Id = NewType("Id", bytes)

NO_ID: Final = Id(bytes(16))  # "none" where a key column may not be null (a company-wide series)

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_SHIFTS = tuple(range(120, -1, -10))
_TEXT_LENGTH = 26
_POOL_BITS = 2048


def ulid_text(value: bytes) -> str:
    """The 26 letters (Crockford base 32) of a ULID."""
    number = int.from_bytes(value, "big")
    pairs = _PAIRS
    return "".join([pairs[(number >> shift) & 1023] for shift in _SHIFTS])


def ulid_bytes(text: str) -> Id:
    """The ULID written as ``text``.

    Raises:
        InvalidValue: not 26 letters of the alphabet, or above 128 bits.
    """
    if len(text) != _TEXT_LENGTH:
        raise InvalidValue
    number = 0
    try:
        for letter in text:
            number = number << 5 | _VALUES[letter]
    except KeyError:
        raise InvalidValue from None
    if number >> 128:
        raise InvalidValue
    return Id(number.to_bytes(16, "big"))


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


class _RandomPool:
    """Random bits from the system, which is asked for many at once; a call costs most."""

    def __init__(self) -> None:
        self._pool = 0
        self._left = 0

    def __call__(self, bits: int) -> int:
        """A number of ``bits`` random bits."""
        if self._left < bits:
            self._pool, self._left = secrets.randbits(_POOL_BITS), _POOL_BITS
        taken = self._pool & ((1 << bits) - 1)
        self._pool >>= bits
        self._left -= bits
        return taken


class UlidFactory:
    """Makes ULIDs that ascend within the process, also in one millisecond and across threads."""

    def __init__(
        self,
        now_ms: Callable[[], int],
        random_bits: Callable[[int], int] | None = None,
    ) -> None:
        self._now_ms = now_ms
        self._random_bits = random_bits or _RandomPool()
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> Id:
        """The next id: 48 bits of milliseconds, 80 random bits, always above the one before."""
        with self._lock:
            now_ms = self._now_ms()
            if now_ms > self._last >> 80:
                self._last = now_ms << 80 | self._random_bits(80)
            else:
                # The same (or an earlier) millisecond counts on by a random step, so that ids
                # ascend and stay unguessable.
                self._last += 1 + self._random_bits(32)
            return Id(self._last.to_bytes(16, "big"))
