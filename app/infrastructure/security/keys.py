"""The key ring: signing keys of this process, their private halves opened from the database."""

import asyncio
import base64
import math
import secrets
import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.application.identity.ports import Directory
from app.application.identity.views import JwkView
from app.domain.identity.signing_key import KeyState, SigningKey
from app.domain.shared.clock import Clock
from app.domain.shared.errors import ServiceUnavailable
from app.domain.shared.frozen import frozen
from app.infrastructure.security.sealing import Seal, SealBroken
from app.settings import SettingRefused

_log = structlog.get_logger("app.identity")

# Another node may have rotated the key: a ring older than this reads it again before it signs.
REFRESH_SECONDS = 60.0
# A token with an unknown key id makes the ring look, but not more often than this.
LOOK_SECONDS = 2.0
# What a retired key signed is accepted for a token's life and this long, for nodes that lag.
RETIRED_SLACK = timedelta(minutes=5)


@frozen
class _Opened:
    kid: str
    public: Ed25519PublicKey
    raw_public: bytes
    private: Ed25519PrivateKey
    stored: SigningKey


class SealedKeyRing:
    """Implements ``app.application.identity.ports.KeyRing``."""

    def __init__(
        self,
        directory: Directory,
        secret: str,
        clock: Clock,
        token_life: timedelta,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory = directory
        self._seal = Seal(secret, "signing keys, version 1")
        self._clock = clock
        self._verified_for = token_life + RETIRED_SLACK
        self._monotonic = monotonic
        self._loaded_at = -math.inf
        self._loading = asyncio.Lock()
        self._keys: dict[str, _Opened] = {}

    async def load(self) -> bool:
        """Read the keys; whether there is one to sign with.

        Raises:
            SettingRefused: they were sealed under another secret.
        """
        stored = await self._directory.signing_keys()
        self._keys = {key.kid: self._opened(key) for key in stored if self._verifies(key)}
        self._loaded_at = self._monotonic()
        return self._signing() is not None

    async def refresh(self) -> None:
        """Read the keys again when that was more than ``REFRESH_SECONDS`` ago."""
        await self._look_again(REFRESH_SECONDS)

    async def find(self, kid: str) -> Ed25519PublicKey | None:
        """The public key ``kid`` while it verifies; an unknown one may have been made elsewhere."""
        if kid not in self._keys:
            await self._look_again(LOOK_SECONDS)
        key = self._keys.get(kid)
        return key.public if key is not None and self._verifies(key.stored) else None

    async def _look_again(self, seconds: float) -> None:
        if self._monotonic() - self._loaded_at < seconds:
            return
        async with self._loading:
            if self._monotonic() - self._loaded_at < seconds:
                return  # another request has just done it
            try:
                await self.load()
            except SettingRefused as error:
                # A node with another secret made a key: this one goes on with those it has.
                self._loaded_at = self._monotonic()
                _log.error("signing_key_refused", reason=str(error))

    def signer(self) -> tuple[str, Ed25519PrivateKey]:
        """The key to sign with, and its id.

        Raises:
            ServiceUnavailable: the service did not start yet.
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
        """The public halves of all keys that still verify (RFC 8037)."""
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
        active = (key for key in self._keys.values() if key.stored.state is KeyState.ACTIVE)
        return next(active, None)  # the directory gives the newest first

    def _verifies(self, key: SigningKey) -> bool:
        if key.retired_at is None:
            return True
        return self._clock.now() < key.retired_at + self._verified_for

    def _opened(self, key: SigningKey) -> _Opened:
        try:
            raw = self._seal.open(key.sealed_private_key, key.kid)
        except SealBroken:
            raise SettingRefused(
                "SECRET_KEY does not open the signing keys in the database: "
                "it is not the secret that they were sealed with"
            ) from None
        private = Ed25519PrivateKey.from_private_bytes(raw)
        public = private.public_key()
        return _Opened(key.kid, public, key.public_key, private, key)
