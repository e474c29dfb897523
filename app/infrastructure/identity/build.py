"""Puts identity together, for the composition root."""

from collections.abc import Callable
from datetime import timedelta

from app.application.identity.account import OwnAccount
from app.application.identity.joining import Joining
from app.application.identity.operators import Operators
from app.application.identity.proof import PasswordProof
from app.application.identity.service import IdentityService
from app.application.processes.onboarding import REGISTER
from app.application.shared.commands import CommandRunner
from app.application.shared.reading import Reader
from app.domain.identity.session import SessionTerms
from app.domain.shared.clock import Clock
from app.domain.shared.ids import Id
from app.infrastructure.db.port import Database
from app.infrastructure.identity.operator_tables import OperatorAccess
from app.infrastructure.identity.readers import DatabaseDirectory
from app.infrastructure.security.access_tokens import SignedAccessTokens
from app.infrastructure.security.keys import SealedKeyRing
from app.infrastructure.security.passwords import PooledHasher
from app.infrastructure.security.throttle import MemoryLoginThrottle

IDLE_DAYS_MAX = 7  # a session that nobody used for a week is over
REGISTER_SECONDS_MIN = 0.25
PLATFORM_AUDIENCE = "tradepost-platform"


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
) -> IdentityService:
    """The identity service; ``await start()`` once the database is open, ``stop()`` at the end."""
    directory = DatabaseDirectory(database)
    life = timedelta(minutes=access_minutes)
    keys = SealedKeyRing(directory, secret, clock, life)
    hasher, throttle = PooledHasher(), MemoryLoginThrottle()
    tokens = SignedAccessTokens(keys, directory, clock, issuer=issuer, audience=audience, life=life)
    operators = Operators(
        runner=runner,
        proof=PasswordProof(directory=directory, hasher=hasher, throttle=throttle),
        keys=keys,
        tokens=SignedAccessTokens(
            keys,
            OperatorAccess(database),
            clock,
            issuer=issuer,
            audience=PLATFORM_AUDIENCE,
            life=life,
        ),
        clock=clock,
        new_id=new_id,
        life=life,
    )
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
    return IdentityService(
        runner=runner,
        reader=reader,
        directory=directory,
        hasher=hasher,
        proof=PasswordProof(directory=directory, hasher=hasher, throttle=throttle),
        keys=keys,
        tokens=tokens,
        account=account,
        joining=joining,
        operators=operators,
        register=REGISTER,
        terms=SessionTerms(
            idle=timedelta(days=min(refresh_days, IDLE_DAYS_MAX)),
            absolute=timedelta(days=refresh_days),
        ),
        clock=clock,
        new_id=new_id,
        register_seconds_min=register_seconds_min,
    )
