"""Puts identity together, for the composition root."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from app.application.identity.audit.refusals import Refusals
from app.application.identity.directory.ports import LoginThrottle, PasswordHasher
from app.application.identity.factors.enrolment import Enrolling
from app.application.identity.factors.second_factors import SecondFactors
from app.application.identity.keys.api_key_service import KeyKeeping
from app.application.identity.keys.signing_keys import Signing
from app.application.identity.members.joining import Joining
from app.application.identity.operators.sign_in import Operators
from app.application.identity.sign_in.account import OwnAccount
from app.application.identity.sign_in.proof import PasswordProof
from app.application.identity.sign_in.recovery import Recovery
from app.application.identity.sign_in.service import IdentityService
from app.application.processes.onboarding import REGISTER
from app.application.shared.commands import CommandRunner
from app.application.shared.reading import Reader
from app.domain.identity.sign_in.session import SessionTerms
from app.domain.shared.clock import Clock
from app.domain.shared.ids import Id
from app.infrastructure.db.port import Database
from app.infrastructure.identity.directory.reader import DatabaseDirectory
from app.infrastructure.identity.keys.api_keys import DatabaseKeyDirectory
from app.infrastructure.identity.operators.tables import OperatorAccess
from app.infrastructure.identity.sign_in.recovery import DatabaseThrottleLifts
from app.infrastructure.security.access_tokens import SignedAccessTokens
from app.infrastructure.security.api_keys import CachedApiKeys
from app.infrastructure.security.callers import Callers
from app.infrastructure.security.envelopes import SealedEnvelopes
from app.infrastructure.security.key_uses import RecordedKeyUses
from app.infrastructure.security.keys import SealedKeyRing
from app.infrastructure.security.one_time_codes import SealedCodes
from app.infrastructure.security.passwords import PooledHasher
from app.infrastructure.security.throttle import (
    RESETS,
    LiftedLoginThrottle,
    MemoryLoginThrottle,
)
from app.infrastructure.security.webauthn_keys import WebauthnKeys

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
    security_keys: tuple[str, Sequence[str]] = ("", ()),
    throttle: LoginThrottle | None = None,
) -> IdentityService:
    """The identity service; ``await start()`` once the database is open, ``stop()`` at the end.

    ``security_keys`` are the domain that they belong to, and the pages that may ask for them.
    """
    life = timedelta(minutes=access_minutes)
    refusals, hasher = Refusals(runner), PooledHasher()
    directory = DatabaseDirectory(database)
    keys = SealedKeyRing(directory, secret, clock, life)
    made: dict[str, Any] = {"runner": runner, "reader": reader, "clock": clock, "new_id": new_id}
    proving: dict[str, Any] = {
        "directory": directory,
        "hasher": hasher,
        "throttle": LiftedLoginThrottle(
            throttle or MemoryLoginThrottle(), DatabaseThrottleLifts(database, clock)
        ),
    }
    proof = PasswordProof(**proving, refusals=refusals)
    signing: dict[str, Any] = {"issuer": issuer, "life": life}
    api_keys = CachedApiKeys(DatabaseKeyDirectory(database), RecordedKeyUses(runner, clock), clock)
    tokens = Callers(
        SignedAccessTokens(keys, directory, clock, audience=audience, **signing), api_keys
    )
    terms = SessionTerms(
        idle=timedelta(days=min(refresh_days, IDLE_DAYS_MAX)), absolute=timedelta(days=refresh_days)
    )
    factors, enrolling = _second_factors(
        secret, security_keys, terms, **made, **proving, tokens=tokens
    )
    return IdentityService(
        **made,
        directory=directory,
        hasher=hasher,
        proof=proof,
        signing=Signing(runner=runner, directory=directory, ring=keys),
        tokens=tokens,
        account=OwnAccount(
            runner=runner,
            reader=reader,
            hasher=hasher,
            throttle=proving["throttle"],
            tokens=tokens,
        ),
        joining=Joining(**made, **proving, refusals=refusals),
        refusals=refusals,
        recovery=_recovery(secret, register_seconds_min, **made, **proving, tokens=tokens),
        factors=factors,
        enrolling=enrolling,
        api_keys=KeyKeeping(runner=runner, reader=reader, verifier=api_keys, new_id=new_id),
        operators=_operators(database, keys, proof, factors, signing, runner, clock, new_id),
        register=REGISTER,
        terms=terms,
        register_seconds_min=register_seconds_min,
    )


def _operators(
    database: Database,
    keys: SealedKeyRing,
    proof: PasswordProof,
    factors: SecondFactors,
    signing: dict[str, Any],
    runner: CommandRunner,
    clock: Clock,
    new_id: Callable[[], Id],
) -> Operators:
    """What signs in those who run the platform, with tokens of an audience of their own."""
    access = OperatorAccess(database)
    return Operators(
        runner=runner,
        proof=proof,
        factors=factors,
        keys=keys,
        tokens=SignedAccessTokens(keys, access, clock, audience=PLATFORM_AUDIENCE, **signing),
        clock=clock,
        new_id=new_id,
        life=signing["life"],
    )


def _recovery(
    secret: str, seconds_min: float, *, throttle: LoginThrottle, **shared: Any
) -> Recovery:
    """What lets in again who forgot the password."""
    return Recovery(
        **shared,
        throttle=MemoryLoginThrottle(rules=RESETS),
        login_throttle=throttle,
        envelopes=SealedEnvelopes(secret),
        seconds_min=seconds_min,
    )


def _second_factors(
    secret: str,
    security_keys: tuple[str, Sequence[str]],
    terms: SessionTerms,
    *,
    hasher: PasswordHasher,
    directory: DatabaseDirectory,
    **shared: Any,
) -> tuple[SecondFactors, Enrolling]:
    """What asks for second factors, and what keeps them."""
    shared["codes"], shared["ceremonies"] = SealedCodes(secret), WebauthnKeys(*security_keys)
    factors = SecondFactors(hasher=hasher, terms=terms, **shared)
    return factors, Enrolling(factors=factors, directory=directory, **shared)
