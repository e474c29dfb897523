"""API keys as programs hold them: where to look, a secret, and a checksum for scanners.

    tp_live_<company><key><secret><checksum>        tp_test_… for a key that only tries things

Company and key are their ULIDs (26 letters each, as in ``cmp_…`` and ``key_…``), the secret is
256 bits in base 62 (43 letters), the checksum the CRC-32 of all that stands before it (6 letters).
A scanner of source code finds it by the form and rules out look-alikes by the checksum, without
asking anybody; so does the service, before it asks the database.
"""

import binascii
import hashlib
import re
import secrets
import string

from app.domain.identity.sign_in.errors import Unauthenticated
from app.domain.shared.errors import InvalidValue
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, ulid_bytes, ulid_text

PREFIXES = ("tp_live_", "tp_test_")
LENGTH = 109
_SECRET_BYTES = 32
_SECRET_LENGTH, _CHECKSUM_LENGTH, _ID_LENGTH = 43, 6, 26
_FORM = re.compile(r"tp_(live|test)_([0-9A-HJKMNP-TV-Z]{52})([0-9A-Za-z]{43})[0-9A-Za-z]{6}")
_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase


@frozen
class ApiKeyToken:
    """``tenant_id`` and ``key_id`` say where to look, ``secret`` proves that one may."""

    tenant_id: Id
    key_id: Id
    secret: bytes
    test: bool

    @classmethod
    def fresh(cls, tenant_id: Id, key_id: Id, *, test: bool) -> "ApiKeyToken":
        """A token with a new secret."""
        return cls(tenant_id, key_id, secrets.token_bytes(_SECRET_BYTES), test)

    @classmethod
    def read(cls, text: str) -> "ApiKeyToken":
        """The token written as ``text``.

        Raises:
            Unauthenticated: not of the form that this service writes.
        """
        found = _FORM.fullmatch(text)
        if found is None or _checksum(text[:-_CHECKSUM_LENGTH]) != text[-_CHECKSUM_LENGTH:]:
            raise Unauthenticated
        kind, ids, secret = found.groups()
        try:
            tenant_id, key_id = ulid_bytes(ids[:_ID_LENGTH]), ulid_bytes(ids[_ID_LENGTH:])
            return cls(tenant_id, key_id, _from_base62(secret), kind == "test")
        except (InvalidValue, OverflowError):  # more than 128 or 256 bits
            raise Unauthenticated from None

    def __str__(self) -> str:
        secret = _base62(int.from_bytes(self.secret, "big"), _SECRET_LENGTH)
        ids = ulid_text(self.tenant_id) + ulid_text(self.key_id)
        text = f"{PREFIXES[self.test]}{ids}{secret}"
        return text + _checksum(text)

    def __repr__(self) -> str:
        return "ApiKeyToken(…)"

    @property
    def secret_hash(self) -> bytes:
        """What is kept of the secret. It is random, so a fast hash is enough.

        Keyed by the ids, so a hash that is copied into another row opens nothing there.
        """
        key = self.tenant_id + self.key_id
        return hashlib.blake2b(self.secret, digest_size=32, key=key, person=b"api key").digest()


def _checksum(text: str) -> str:
    return _base62(binascii.crc32(text.encode()), _CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, place = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[place])
    return "".join(reversed(letters))


def _from_base62(text: str) -> bytes:
    number = 0
    for letter in text:
        number = number * len(_LETTERS) + _LETTERS.index(letter)
    return number.to_bytes(_SECRET_BYTES, "big")
