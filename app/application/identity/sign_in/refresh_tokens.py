"""Refresh tokens as clients hold them: two secrets, of which only hashes are kept."""

import secrets
from collections.abc import Callable

from app.application.identity.directory.tokens import (
    ID_BYTES,
    SECRET_BYTES,
    secret_hash,
    token_parts,
    token_text,
)
from app.domain.identity.sign_in.errors import InvalidRefreshToken
from app.domain.shared.frozen import frozen

RandomBytes = Callable[[int], bytes]

_PREFIX = "rt_"


@frozen
class RefreshToken:
    """``family`` (128 bits) finds the session, ``secret`` (256 bits) is good for one use."""

    family: bytes
    secret: bytes

    @classmethod
    def fresh(cls, random_bytes: RandomBytes = secrets.token_bytes) -> "RefreshToken":
        """The first token of a new session."""
        return cls(random_bytes(ID_BYTES), random_bytes(SECRET_BYTES))

    @classmethod
    def read(cls, text: str) -> "RefreshToken":
        """The token written as ``text``.

        Raises:
            InvalidRefreshToken: not of the form that this service writes.
        """
        parts = token_parts(_PREFIX, text)
        if parts is None:
            raise InvalidRefreshToken
        return cls(*parts)

    def __str__(self) -> str:
        return token_text(_PREFIX, self.family, self.secret)

    def __repr__(self) -> str:
        return "RefreshToken(…)"

    def next(self, random_bytes: RandomBytes = secrets.token_bytes) -> "RefreshToken":
        """The token that replaces this one."""
        return RefreshToken(self.family, random_bytes(SECRET_BYTES))

    @property
    def family_hash(self) -> bytes:
        """What is kept of the family's secret. It is random, so a fast hash is enough."""
        return secret_hash(self.family, b"rt-family")

    @property
    def token_hash(self) -> bytes:
        """What is kept of the token's own secret."""
        return secret_hash(self.secret, b"rt-secret")
