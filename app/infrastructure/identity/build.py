"""Puts identity together, for the composition root."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from app.application.identity.audit.refusals import Refusals
from app.application.identity.directory.passwords import Passwords
from app.application.identity.directory.ports import Access, LoginThrottle
from app.application.identity.factors.enrolment import Enrolment
from app.application.identity.factors.ports import SecurityKeyCeremonies
from app.application.identity.factors.step_up import SecondFactors
from app.application.identity.keys.api_keys import ApiKeys
from app.application.identity.keys.signing_keys import SigningKeys
from app.application.identity.members.invitations import Invitations
from app.application.identity.operators.sign_in import OperatorLogins
from app.application.identity.services import Identity
from app.application.identity.sign_in.account import OwnAccount
from app.application.identity.sign_in.logins import Logins
from app.application.identity.sign_in.proof import PasswordProof
from app.application.identity.sign_in.recovery import PasswordRecovery
from app.application.identity.sign_in.registration import Registrations
from app.application.processes.onboarding import REGISTER
from app.application.shared.access import Principal
from app.application.shared.commands import CommandRunner
from app.application.shared.permissions import PLATFORM_PERMISSIONS
from app.application.shared.reading import Reader
from app.domain.identity.sign_in.session import SessionTerms
from app.domain.shared.clock import Clock
from app.domain.shared.ids import Id
from app.infrastructure.db.port import Database
from app.infrastructure.identity.directory.reader import DatabaseDirectory
from app.infrastructure.identity.keys.mappings import DatabaseKeyDirectory, DatabaseSigningKeys
from app.infrastructure.identity.members.mappings import DatabaseThrottleLifts
from app.infrastructure.identity.operators.tables import OperatorAccess
from app.infrastructure.security.access_tokens import SignedAccessTokens, principal_of
from app.infrastructure.security.api_keys import CachedApiKeys
from app.infrastructure.security.callers import Callers
from app.infrastructure.security.envelopes import SealedEnvelopes
from app.infrastructure.security.key_uses import RecordedKeyUses
from app.infrastructure.security.keys import SealedKeyRing
from app.infrastructure.security.no_security_keys import NoSecurityKeys
from app.infrastructure.security.one_time_codes import SealedCodes
from app.infrastructure.security.passwords import PooledHasher
from app.infrastructure.security.throttle import (
    RESETS,
    LiftedLoginThrottle,
    MemoryLoginThrottle,
)

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
) -> Identity:
    """Identity; ``await start()`` once the database is open, ``stop()`` at the end.

    ``security_keys`` are the domain that they belong to, and the pages that may ask for them.
    """
    life = timedelta(minutes=access_minutes)
    stored_keys = DatabaseSigningKeys(database)
    ring = SealedKeyRing(stored_keys, secret, clock, life)
    directory = DatabaseDirectory(database)
    signed = partial(SignedAccessTokens, ring, clock=clock, issuer=issuer, life=life)
    api_keys = CachedApiKeys(DatabaseKeyDirectory(database), RecordedKeyUses(runner, clock), clock)
    tokens = Callers(signed(directory, audience=audience), api_keys)
    operators = OperatorAccess(database)
    operator_tokens = signed(operators, audience=PLATFORM_AUDIENCE, caller=_operator)
    counts, lifts = throttle or MemoryLoginThrottle(), DatabaseThrottleLifts(database, clock)
    passwords = Passwords(PooledHasher(), LiftedLoginThrottle(counts, lifts))
    resets, envelopes = MemoryLoginThrottle(rules=RESETS), SealedEnvelopes(secret)
    refusals = Refusals(runner, directory.first_company)
    proof = PasswordProof(directory, passwords, refusals)
    codes, ceremonies = SealedCodes(secret), _ceremonies(*security_keys)
    factors = SecondFactors(runner, reader, passwords, tokens, codes, ceremonies, clock)
    stores, made = (runner, reader), (clock, new_id)
    return Identity(
        registrations=Registrations(
            runner, directory, passwords, REGISTER, *made, register_seconds_min
        ),
        logins=Logins(
            *stores, directory, proof, factors, ring, tokens, _terms(refresh_days), *made
        ),
        account=OwnAccount(*stores, passwords, tokens),
        recovery=PasswordRecovery(
            *stores,
            directory,
            passwords,
            resets,
            tokens,
            envelopes,
            *made,
            register_seconds_min,
        ),
        factors=factors,
        enrolment=Enrolment(
            *stores, passwords, tokens, codes, ceremonies, factors, directory, *made
        ),
        invitations=Invitations(*stores, directory, passwords, proof, *made),
        api_keys=ApiKeys(*stores, tokens, new_id),
        signing_keys=SigningKeys(runner, stored_keys, ring),
        operators=OperatorLogins(runner, proof, factors, ring, operator_tokens, *made, life),
        refusals=refusals,
        passwords=passwords,
        tokens=tokens,
        operator_tokens=operator_tokens,
    )


def _terms(refresh_days: int) -> SessionTerms:
    """How long sessions live."""
    days = min(refresh_days, IDLE_DAYS_MAX)
    return SessionTerms(idle=timedelta(days=days), absolute=timedelta(days=refresh_days))


def _operator(access: Access) -> Principal:
    """The caller behind a session of an operator."""
    return replace(
        principal_of(access), permissions=PLATFORM_PERMISSIONS, on_behalf_of=access.user_id
    )


def _ceremonies(rp_id: str, origins: Sequence[str]) -> SecurityKeyCeremonies:
    """WebAuthn, or what stands in for it. Its certificate readers take 6 MB, so they load late."""
    if not (rp_id and origins):
        return NoSecurityKeys()
    from app.infrastructure.security.webauthn_keys import WebauthnKeys  # noqa: PLC0415

    return WebauthnKeys(rp_id, origins)
