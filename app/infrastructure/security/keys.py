"""The key ring: the signing keys of this process, unsealed from the database.

A rotation makes no node refuse a valid token, whatever the clocks say. A ring reads the keys again
when it meets an unknown key id, but at most once in ``LOOK_SECONDS``, and it signs with a key only
after it has known it for longer than that. So every node that gets a token of a new key has read
that key already, or reads it now. Until then the previous key keeps signing, also after its
retirement, for up to ``SIGNS_ON``.
"""

import asyncio
import base64
import math
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.application.identity.keys.ports import SigningKeyStore
from app.application.identity.keys.views import JwkView
from app.domain.identity.keys.signing_key import SigningKey
from app.domain.shared.clock import Clock
from app.domain.shared.errors import ServiceUnavailable
from app.domain.shared.frozen import frozen
from app.infrastructure.security.sealing import Seal, SealBroken
from app.settings import SettingRefused

_log = structlog.get_logger("app.identity")

# Another node may have rotated the key: a ring reads again before it signs, and when it meets an
# unknown id, but not more often than this.
LOOK_SECONDS = 1.0
# A node signs with the previous key until it has known the next one for long enough.
SIGNS_ON = timedelta(minutes=1)
# Tokens of a retired key are accepted for a token's lifetime plus this, for nodes that lag.
RETIRED_SLACK = timedelta(minutes=5)


@frozen
class _Opened:
    kid: str
    public: Ed25519PublicKey
    raw_public: bytes
    private: Ed25519PrivateKey
    stored: SigningKey
    since: float  # how long this ring has known it, monotonic


class SealedKeyRing:
    """Implements ``app.application.identity.keys.ports.KeyRing``."""

    def __init__(
        self,
        stored: SigningKeyStore,
        secret: str,
        clock: Clock,
        token_life: timedelta,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stored = stored
        self._seal = Seal(secret, "signing keys, version 1")
        self._clock = clock
        self._verified_for = token_life + RETIRED_SLACK
        self._monotonic = monotonic
        self._loaded_at = -math.inf
        self._loading = asyncio.Lock()
        self._keys: dict[str, _Opened] = {}

    async def load(self) -> bool:
        """Read the keys; returns whether one can sign.

        Raises:
            SettingRefused: they were sealed under another secret.
        """
        await self._read(strict=True)
        return any(key.stored.retired_at is None for key in self._keys.values())

    async def refresh(self) -> None:
        """Read the keys again if the last read was more than ``LOOK_SECONDS`` ago."""
        await self._look_again()

    async def _read(self, *, strict: bool) -> None:
        asked_at = self._monotonic()  # everything committed before this is read
        found = await self._stored.signing_keys()
        read_at = self._monotonic()  # everything read was committed before this
        keys: dict[str, _Opened] = {}
        for stored in found:
            if not self._verifies(stored):
                continue
            known = self._keys.get(stored.kid)
            if known is not None:
                keys[stored.kid] = replace(known, stored=stored)
                continue
            try:
                keys[stored.kid] = self._opened(stored, read_at)
            except SettingRefused as error:
                if strict:
                    raise
                # A node with another secret made it; this one continues with the others.
                _log.error("signing_key_refused", kid=stored.kid, reason=str(error))
        self._keys, self._loaded_at = keys, asked_at

    async def find(self, kid: str) -> Ed25519PublicKey | None:
        """The public key ``kid`` while it is valid; an unknown one is read from the database."""
        if kid not in self._keys:
            await self._look_again()
        key = self._keys.get(kid)
        return key.public if key is not None and self._verifies(key.stored) else None

    async def _look_again(self) -> None:
        if self._monotonic() - self._loaded_at < LOOK_SECONDS:
            return
        async with self._loading:
            if self._monotonic() - self._loaded_at >= LOOK_SECONDS:  # not read just now
                await self._read(strict=False)

    def signer(self) -> tuple[str, Ed25519PrivateKey]:
        """The key to sign with, and its id.

        Raises:
            ServiceUnavailable: the service has not started yet.
        """
        key = self._signing()
        if key is None:
            raise ServiceUnavailable
        return key.kid, key.private

    def make(self) -> tuple[str, bytes, bytes]:
        """A new key pair: its id, the sealed private half, the public half."""
        private = Ed25519PrivateKey.generate()
        kid = secrets.token_hex(8)
        sealed = self._seal.close(private.private_bytes_raw(), kid)
        return kid, sealed, private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def jwks(self) -> list[JwkView]:
        """The public halves of all valid keys (RFC 8037)."""
        return [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "x": base64.urlsafe_b64encode(key.raw_public).decode().rstrip("="),
                "kid": key.kid,
                "use": "sig",
                "alg": "EdDSA",
            }
            for key in self._keys.values()
            if self._verifies(key.stored)
        ]

    def _signing(self) -> _Opened | None:
        """The newest key that every node has had time to read; in a new ring, the oldest."""
        present = list(self._keys.values())  # the newest first
        # If no key may sign, a misconfigured node made the last one: keep signing rather than stop.
        able = [key for key in present if self._signs(key.stored)] or present
        now = self._monotonic()
        settled = [key for key in able if now - key.since > LOOK_SECONDS]
        return next(iter(settled), able[-1] if able else None)

    def _signs(self, key: SigningKey) -> bool:
        return key.retired_at is None or self._clock.now() < key.retired_at + SIGNS_ON

    def _verifies(self, key: SigningKey) -> bool:
        if key.retired_at is None:
            return True
        return self._clock.now() < key.retired_at + self._verified_for

    def _opened(self, key: SigningKey, since: float) -> _Opened:
        try:
            raw = self._seal.open(key.sealed_private_key, key.kid)
        except SealBroken:
            raise SettingRefused(
                "SECRET_KEY does not open the signing keys in the database: "
                "it is not the secret that they were sealed with"
            ) from None
        private = Ed25519PrivateKey.from_private_bytes(raw)
        public = private.public_key()
        return _Opened(key.kid, public, key.public_key, private, key, since)
