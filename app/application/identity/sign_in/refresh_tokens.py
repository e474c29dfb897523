"""Refresh tokens as clients hold them: two secrets, of which only hashes are kept."""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable

from app.domain.identity.sign_in.errors import InvalidRefreshToken
from app.domain.shared.frozen import frozen

RandomBytes = Callable[[int], bytes]

_FAMILY_BYTES = 16
_SECRET_BYTES = 32
_TEXT = re.compile(r"rt_[A-Za-z0-9_-]{64}", re.ASCII)


@frozen
class RefreshToken:
    """``family`` (128 bits) finds the session, ``secret`` (256 bits) is good for one use."""

    family: bytes
    secret: bytes

    @classmethod
    def fresh(cls, random_bytes: RandomBytes = secrets.token_bytes) -> "RefreshToken":
        """The first token of a new session."""
        return cls(random_bytes(_FAMILY_BYTES), random_bytes(_SECRET_BYTES))

    @classmethod
    def read(cls, text: str) -> "RefreshToken":
        """The token written as ``text``.

        Raises:
            InvalidRefreshToken: not of the form that this service writes.
        """
        if _TEXT.fullmatch(text) is None:
            raise InvalidRefreshToken
        raw = base64.urlsafe_b64decode(text[3:])
        return cls(raw[:_FAMILY_BYTES], raw[_FAMILY_BYTES:])

    def __str__(self) -> str:
        return "rt_" + base64.urlsafe_b64encode(self.family + self.secret).decode()

    def __repr__(self) -> str:
        return "RefreshToken(…)"

    def next(self, random_bytes: RandomBytes = secrets.token_bytes) -> "RefreshToken":
        """The token that replaces this one."""
        return RefreshToken(self.family, random_bytes(_SECRET_BYTES))

    @property
    def family_hash(self) -> bytes:
        """What is kept of the family's secret. It is random, so a fast hash is enough."""
        return hashlib.blake2b(self.family, digest_size=32, person=b"rt-family").digest()

    @property
    def token_hash(self) -> bytes:
        """What is kept of the token's own secret."""
        return hashlib.blake2b(self.secret, digest_size=32, person=b"rt-secret").digest()
