"""One node with its tokens, and tokens that are nearly like its own."""

import asyncio
import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt

from app.application.identity.directory.ports import Access
from app.domain.shared.ids import Id
from app.infrastructure.security.access_tokens import SignedAccessTokens
from app.infrastructure.security.keys import SealedKeyRing
from tests.unit.identity.fakes import START, HandClock, MemoryDirectory, key_ring

SESSION, USER, TENANT = Id(b"s" * 16), Id(b"u" * 16), Id(b"t" * 16)
ACCESS = Access(SESSION, USER, TENANT, "cashier", START + timedelta(days=7))


class Stand:
    """One node: its clock, its database, its keys and tokens."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.directory = MemoryDirectory(sessions={SESSION: ACCESS})
        self.ring: SealedKeyRing = key_ring(self.directory, self.clock)
        self.tokens = self.node()

    def node(self) -> SignedAccessTokens:
        return SignedAccessTokens(
            self.ring,
            self.directory,
            self.clock,
            issuer="tradepost",
            audience="tradepost-api",
            life=timedelta(minutes=15),
            monotonic=self.clock.monotonic,
        )

    def issue(self) -> str:
        return self.tokens.issue(ACCESS)[0]

    def forge(
        self,
        change: Callable[[dict[str, Any]], Any] = lambda claims: None,
        headers: dict[str, Any] | None = None,
        key: Any = None,
        algorithm: str = "EdDSA",
    ) -> str:
        """A token like ours, with changed claims or headers, signed by our own key or ``key``."""
        claims = jwt.decode(self.issue(), options={"verify_signature": False})
        change(claims)
        kid, private = self.ring.signer()
        return jwt.encode(
            claims,
            key or private,
            algorithm,
            headers={"kid": kid, "typ": "at+jwt", **(headers or {})},
        )

    async def looks(self) -> int:
        """Look-ups of sessions so far, those in the background included."""
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return self.directory.reads.get("access", 0)


def part(token: str, index: int) -> dict[str, Any]:
    text = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))  # type: ignore[no-any-return]


def encoded(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
