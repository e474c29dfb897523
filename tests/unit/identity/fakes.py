"""A clock that is set by hand, and a directory of sessions and keys in memory."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from app.application.identity.directory.ports import Access, Account
from app.domain.identity.keys.signing_key import SigningKey
from app.domain.shared.ids import Id
from app.infrastructure.security.keys import SealedKeyRing

SECRET = "a secret of the tests, 32 letters"  # pragma: allowlist secret
START = datetime(2026, 3, 31, 12, tzinfo=UTC)


class HandClock:
    """The wall clock and the monotonic clock, moved together."""

    def __init__(self) -> None:
        self.instant = START

    def now(self) -> datetime:
        return self.instant

    def monotonic(self) -> float:
        return (self.instant - START).total_seconds()

    def move(self, **duration: float) -> None:
        self.instant += timedelta(**duration)


@dataclass
class MemoryDirectory:
    """What the database would answer; ``reads`` counts the questions by name."""

    keys: list[SigningKey] = field(default_factory=list)
    sessions: dict[Id, Access] = field(default_factory=dict)
    reads: dict[str, int] = field(default_factory=dict)
    failure: Exception | None = None
    held: asyncio.Event | None = None  # an answer waits for it

    async def account(self, email_folded: str) -> Account | None:
        raise AssertionError(f"to check a token asks for no account: {email_folded}")

    async def session(self, family_hash: bytes) -> tuple[Id, Id, Id] | None:
        raise AssertionError(f"to check a token asks for no family: {family_hash!r}")

    async def access(self, session_id: Id) -> Access | None:
        found = self.sessions.get(session_id)
        await self._answer("access")
        return found

    async def signing_keys(self) -> Sequence[SigningKey]:
        await self._answer("signing_keys")
        return sorted(self.keys, key=lambda key: key.created_at, reverse=True)

    async def _answer(self, name: str) -> None:
        self.reads[name] = self.reads.get(name, 0) + 1
        if self.failure is not None:
            raise self.failure
        if self.held is not None:
            await self.held.wait()


def key_ring(directory: MemoryDirectory, clock: HandClock, secret: str = SECRET) -> SealedKeyRing:
    return SealedKeyRing(directory, secret, clock, timedelta(minutes=15), clock.monotonic)


def add_key(directory: MemoryDirectory, ring: SealedKeyRing, clock: HandClock) -> SigningKey:
    """What the command ``signing_keys.rotate`` leaves behind."""
    directory.keys = [key.retired(clock.now()) for key in directory.keys]
    key = SigningKey.new(*ring.make(), clock.now())
    directory.keys.append(key)
    return key
