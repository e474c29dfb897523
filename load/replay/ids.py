"""Ids and idempotency keys derived from natural keys, so that a second run sends the same ones."""

import re
from hashlib import sha256
from typing import Final

# A constant in place of the clock: an id depends on its natural key only.
_TIME_PART: Final = 1_291_161_600_000
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS: Final = [high + low for high in _ALPHABET for low in _ALPHABET]
_SHIFTS: Final = tuple(range(120, -1, -10))
_KEY = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)


def _ulid(text: str) -> str:
    number = _TIME_PART << 80 | int.from_bytes(sha256(text.encode()).digest()[:10], "big")
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in _SHIFTS])


def make_id(prefix: str, natural_key: str) -> str:
    """The id of the thing called ``natural_key`` among those with ``prefix``."""
    return f"{prefix}_{_ulid(f'{prefix}/{natural_key}')}"


def make_key(kind: str, natural_key: str) -> str:
    """The idempotency key of the command: ``sale-536365``.

    A natural key with characters that are not allowed is replaced by its hash.
    """
    plain = f"{kind}-{natural_key}"
    return plain if _KEY.fullmatch(plain) else f"{kind}-{_ulid(plain)}"


def draw(purpose: str, natural_key: str, sides: int) -> int:
    """A number below ``sides`` that looks random but depends only on the key."""
    return int.from_bytes(sha256(f"{purpose}/{natural_key}".encode()).digest()[:8], "big") % sides
