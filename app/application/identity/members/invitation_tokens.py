"""Invitation tokens as people hold them: the company, and a secret of which only a hash is kept."""

import base64
import hashlib
import re
import secrets

from app.domain.identity.sign_in.errors import InvitationInvalid
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

_ID_BYTES = 16
_SECRET_BYTES = 32
_TEXT = re.compile(r"it_[A-Za-z0-9_-]{64}", re.ASCII)


@frozen
class InvitationToken:
    """``tenant_id`` says where to look, ``secret`` (256 bits) finds the invitation there."""

    tenant_id: Id
    secret: bytes

    @classmethod
    def fresh(cls, tenant_id: Id) -> "InvitationToken":
        """The token of a new invitation."""
        return cls(tenant_id, secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def read(cls, text: str) -> "InvitationToken":
        """The token written as ``text``.

        Raises:
            InvitationInvalid: not of the form that this service writes.
        """
        if _TEXT.fullmatch(text) is None:
            raise InvitationInvalid.at("/token")
        raw = base64.urlsafe_b64decode(text[3:])
        return cls(Id(raw[:_ID_BYTES]), raw[_ID_BYTES:])

    def __str__(self) -> str:
        return "it_" + base64.urlsafe_b64encode(self.tenant_id + self.secret).decode()

    def __repr__(self) -> str:
        return "InvitationToken(…)"

    @property
    def token_hash(self) -> bytes:
        """What is kept of the secret. It is random, so a fast hash is enough."""
        return hashlib.blake2b(self.secret, digest_size=32, person=b"invitation").digest()
