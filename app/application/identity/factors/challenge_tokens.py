"""Tokens of challenges as clients hold them: which challenge, and a secret kept as a hash only."""

import base64
import hashlib
import re
import secrets

from app.domain.identity.factors.errors import InvalidMfaToken
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

_ID_BYTES = 16
_SECRET_BYTES = 32
_CHALLENGE_BYTES = 32
_TEXT = re.compile(r"mt_[A-Za-z0-9_-]{64}", re.ASCII)


@frozen
class ChallengeToken:
    """``id`` finds the challenge, ``secret`` (256 bits) shows that it was asked of the bearer."""

    id: Id
    secret: bytes

    @classmethod
    def fresh(cls, id_: Id) -> "ChallengeToken":
        """The token of a new challenge."""
        return cls(id_, secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def read(cls, text: str) -> "ChallengeToken":
        """The token written as ``text``.

        Raises:
            InvalidMfaToken: not of the form that this service writes.
        """
        if _TEXT.fullmatch(text) is None:
            raise InvalidMfaToken
        raw = base64.urlsafe_b64decode(text[3:])
        return cls(Id(raw[:_ID_BYTES]), raw[_ID_BYTES:])

    def __str__(self) -> str:
        return "mt_" + base64.urlsafe_b64encode(self.id + self.secret).decode()

    def __repr__(self) -> str:
        return "ChallengeToken(…)"

    @property
    def token_hash(self) -> bytes:
        """What is kept of the secret. It is random, so a fast hash is enough."""
        return hashlib.blake2b(self.secret, digest_size=32, person=b"mfa-token").digest()


@frozen
class NewChallenge:
    """A challenge to be kept: its id, the hash of its token, what a security key has to sign."""

    id: Id
    token_hash: bytes
    challenge: bytes

    @classmethod
    def of(cls, token: ChallengeToken) -> "NewChallenge":
        """The challenge behind a fresh token."""
        return cls(token.id, token.token_hash, secrets.token_bytes(_CHALLENGE_BYTES))
