"""Sealing: encrypts what must not be readable in the database, under the service's secret."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_KEY_BYTES = 32


class SealBroken(Exception):
    """The bytes were sealed under another secret or for another purpose, or were changed."""


class Seal:
    """AES-256-GCM under a key derived from ``secret`` for one ``purpose`` (HKDF, RFC 5869)."""

    def __init__(self, secret: str, purpose: str) -> None:
        derive = HKDF(SHA256(), _KEY_BYTES, salt=b"tradepost", info=purpose.encode())
        self._cipher = AESGCM(derive.derive(secret.encode()))

    def close(self, plain: bytes, name: str) -> bytes:
        """``plain`` sealed for the object called ``name``; it opens under no other name."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, name.encode())

    def open(self, sealed: bytes, name: str) -> bytes:
        """The plain bytes that were sealed for ``name``.

        Raises:
            SealBroken: it was not sealed by this seal for this name.
        """
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, rest, name.encode())
        except (InvalidTag, ValueError) as error:  # ValueError: too short
            raise SealBroken from error
