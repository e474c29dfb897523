"""Tokens that people hold: an id that says where to look, and a secret kept as a hash only."""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable

from app.domain.shared.errors import DomainError
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

ID_BYTES = 16
SECRET_BYTES = 32
_REST = re.compile(r"[A-Za-z0-9_-]{64}", re.ASCII)


def token_text(prefix: str, id_: bytes, secret: bytes) -> str:
    """An id and a secret as one text."""
    return prefix + base64.urlsafe_b64encode(id_ + secret).decode()


def token_parts(prefix: str, text: str) -> tuple[bytes, bytes] | None:
    """The id and the secret of a text; None when it is not of the form that this service writes."""
    rest = text.removeprefix(prefix)
    if rest == text or _REST.fullmatch(rest) is None:
        return None
    raw = base64.urlsafe_b64decode(rest)
    return raw[:ID_BYTES], raw[ID_BYTES:]


def secret_hash(secret: bytes, person: bytes) -> bytes:
    """What is kept of a secret. It is random, so a fast hash is enough."""
    return hashlib.blake2b(secret, digest_size=32, person=person).digest()


@frozen
class TokenForm:
    """One kind of token. ``person`` keeps its hashes apart from those of other kinds.

    ``refusal`` makes the error for a text of another form.
    """

    prefix: str
    person: bytes
    refusal: Callable[[], DomainError]

    def fresh(self, id_: Id) -> "SecretToken":
        """A token with a new secret (256 bits)."""
        return SecretToken(self, id_, secrets.token_bytes(SECRET_BYTES))

    def read(self, text: str) -> "SecretToken":
        """The token written as ``text``; raises ``refusal`` when it is none of this kind."""
        parts = token_parts(self.prefix, text)
        if parts is None:
            raise self.refusal()
        return SecretToken(self, Id(parts[0]), parts[1])


@frozen
class SecretToken:
    """``id`` says where to look, ``secret`` proves that the bearer was given it."""

    form: TokenForm
    id: Id
    secret: bytes

    def __str__(self) -> str:
        return token_text(self.form.prefix, self.id, self.secret)

    def __repr__(self) -> str:
        return "SecretToken(…)"

    @property
    def token_hash(self) -> bytes:
        """What is kept of the secret."""
        return secret_hash(self.secret, self.form.person)
