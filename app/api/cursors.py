"""Cursors: opaque, signed, bound to tenant, list, order and filters."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, datetime
from typing import Any

import orjson

from app.domain.shared.errors import DomainError, Kind

_MAC_BYTES = 12


class CursorInvalid(DomainError):
    """The cursor belongs to another list or was not made by this service."""

    code = "common.cursor_invalid"
    kind = Kind.MALFORMED


class CursorSigner:
    """Writes and reads cursors, the positions where a next page starts."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.blake2b(secret.encode(), digest_size=32, person=b"tp-cursor").digest()

    def write(self, tag: str, after: tuple[Any, bytes]) -> str:
        """The cursor of the row with this sort value and id."""
        value, key = after
        kind = "d" if isinstance(value, date) else "b" if isinstance(value, bytes) else ""
        if isinstance(value, datetime):
            kind = "t"
        shown = value.hex() if isinstance(value, bytes) else value
        body = orjson.dumps([kind, shown, key.hex()])
        return urlsafe_b64encode(self._mac(tag, body) + body).decode().rstrip("=")

    def read(self, tag: str, cursor: str) -> tuple[Any, bytes]:
        """The position in a cursor.

        Raises:
            CursorInvalid: it was not made for this list, order, filter and tenant.
        """
        try:
            raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
            if not hmac.compare_digest(mac, self._mac(tag, body)):
                raise CursorInvalid
            kind, value, key = orjson.loads(body)
        except (ValueError, UnicodeEncodeError):
            raise CursorInvalid from None
        readers = {"d": date.fromisoformat, "t": datetime.fromisoformat, "b": bytes.fromhex}
        return (readers[kind](value) if kind else value), bytes.fromhex(key)

    def _mac(self, tag: str, body: bytes) -> bytes:
        digest = hashlib.blake2b(tag.encode(), key=self._key, digest_size=_MAC_BYTES)
        digest.update(body)
        return digest.digest()
