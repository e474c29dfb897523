"""Puts identity together, for the composition root."""

from collections.abc import Callable
from datetime import timedelta

from app.application.identity.account import OwnAccount
from app.application.identity.joining import Joining
from app.application.identity.key_keeping import KeyKeeping
from app.application.identity.ports import LoginThrottle
from app.application.identity.service import IdentityService
from app.application.processes.onboarding import REGISTER
from app.application.shared.commands import CommandRunner
from app.application.shared.reading import Reader
from app.domain.identity.session import SessionTerms
from app.domain.shared.clock import Clock
from app.domain.shared.ids import Id
from app.infrastructure.db.port import Database
from app.infrastructure.identity.api_keys import DatabaseKeyDirectory
from app.infrastructure.identity.readers import DatabaseDirectory
from app.infrastructure.security.access_tokens import SignedAccessTokens
from app.infrastructure.security.api_keys import CachedApiKeys
from app.infrastructure.security.callers import Callers
from app.infrastructure.security.key_uses import RecordedKeyUses
from app.infrastructure.security.keys import SealedKeyRing
from app.infrastructure.security.passwords import PooledHasher
from app.infrastructure.security.throttle import MemoryLoginThrottle

IDLE_DAYS_MAX = 7  # a session that nobody used for a week is over
REGISTER_SECONDS_MIN = 0.25


def build_identity(
    *,
    database: Database,
    runner: CommandRunner,
    reader: Reader,
    clock: Clock,
    new_id: Callable[[], Id],
    secret: str,
    issuer: str,
    access_minutes: int,
    refresh_days: int,
    audience: str = "tradepost-api",
    register_seconds_min: float = REGISTER_SECONDS_MIN,
    throttle: LoginThrottle | None = None,
) -> IdentityService:
    """The identity service; ``await start()`` once the database is open, ``stop()`` at the end."""
    directory = DatabaseDirectory(database)
    life = timedelta(minutes=access_minutes)
    keys = SealedKeyRing(directory, secret, clock, life)
    hasher, throttle = PooledHasher(), throttle or MemoryLoginThrottle()
    uses = RecordedKeyUses(runner, clock)
    api_keys = CachedApiKeys(DatabaseKeyDirectory(database), uses, clock)
    signed = SignedAccessTokens(keys, directory, clock, issuer=issuer, audience=audience, life=life)
    tokens = Callers(signed, api_keys)
    account = OwnAccount(
        runner=runner, reader=reader, hasher=hasher, throttle=throttle, tokens=tokens
    )
    joining = Joining(
        runner=runner,
        reader=reader,
        directory=directory,
        hasher=hasher,
        throttle=throttle,
        clock=clock,
        new_id=new_id,
    )
    keeping = KeyKeeping(runner=runner, reader=reader, verifier=api_keys, new_id=new_id)
    return IdentityService(
        runner=runner,
        reader=reader,
        directory=directory,
        hasher=hasher,
        throttle=throttle,
        keys=keys,
        tokens=tokens,
        account=account,
        joining=joining,
        api_keys=keeping,
        register=REGISTER,
        terms=SessionTerms(
            idle=timedelta(days=min(refresh_days, IDLE_DAYS_MAX)),
            absolute=timedelta(days=refresh_days),
        ),
        clock=clock,
        new_id=new_id,
        register_seconds_min=register_seconds_min,
    )
