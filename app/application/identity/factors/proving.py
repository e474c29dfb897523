"""Taking proofs: a second factor is looked at under lock, and what it used up is kept.

A proof was compared with the secrets outside of the command; here it is decided whether it counts.
"""

import secrets
from datetime import datetime

from app.application.identity.directory.tokens import SecretToken, TokenForm
from app.application.identity.factors.ports import (
    CHALLENGES,
    SECOND_FACTORS,
    SECURITY_KEYS,
    SECURITY_KEYS_OF_USER,
)
from app.application.shared.kinds import Needs
from app.application.shared.work import Work
from app.domain.identity.factors.challenge import Challenge, Purpose
from app.domain.identity.factors.errors import InvalidMfaToken, ProofWrong
from app.domain.identity.factors.second_factor import (
    CodeProof,
    KeyProof,
    Proof,
    RecoveryProof,
    SecondFactor,
)
from app.domain.shared.errors import DomainError
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

WRONG = "wrong"
PROVED = "proved"
_CHALLENGE_BYTES = 32


@frozen
class NewChallenge:
    """A challenge to be kept: its id, the hash of its token, what a security key has to sign."""

    id: Id
    token_hash: bytes
    challenge: bytes

    @classmethod
    def of(cls, token: SecretToken) -> "NewChallenge":
        """The challenge behind a fresh token."""
        return cls(token.id, token.token_hash, secrets.token_bytes(_CHALLENGE_BYTES))


@frozen
class Answered:
    """The answer to a challenge: its token, by id and hash."""

    challenge_id: Id
    token_hash: bytes


def factor_needs(user_id: Id) -> Needs:
    """The second factors of a user."""
    return Needs().one(SECOND_FACTORS, user_id).search(SECURITY_KEYS_OF_USER, user_id)


def factor_of(work: Work, user_id: Id) -> SecondFactor:
    """App and recovery codes of a user, who may have none."""
    return work.find(SECOND_FACTORS, user_id) or SecondFactor.none(user_id)


def has_factor(work: Work, user_id: Id) -> bool:
    """Whether a user has an app or a security key."""
    app = factor_of(work, user_id).sealed_secret is not None
    return app or bool(work.search(SECURITY_KEYS_OF_USER, user_id))


def take(work: Work, user_id: Id, proof: Proof) -> bool:
    """Whether a proof is good. What it used up is kept, and so is a wrong code.

    Raises:
        LoginThrottled: too many codes were wrong; this one was not looked at.
    """
    if isinstance(proof, KeyProof):
        good = _take_key(work, user_id, proof)
    elif not has_factor(work, user_id):
        good = False
    elif isinstance(proof, RecoveryProof):
        good = _take_recovery_code(work, user_id, proof)
    else:
        good = _take_code(work, user_id, proof)
    if good:
        work.event("user.second_factor_used", user_id, method=proof.method)
    else:
        work.note("refused", "second_factor", user_id, method=proof.method)
        work.event("user.second_factor_refused", user_id, method=proof.method)
    return good


def _take_code(work: Work, user_id: Id, proof: CodeProof) -> bool:
    factor = factor_of(work, user_id)
    factor.admit(work.recorded_at)
    used = factor.used(proof)
    work.put(SECOND_FACTORS, factor.failed(work.recorded_at) if used is None else used)
    return used is not None


def _take_recovery_code(work: Work, user_id: Id, proof: RecoveryProof) -> bool:
    used = factor_of(work, user_id).recovered(proof)
    if used is None:
        return False
    work.put(SECOND_FACTORS, used)
    work.event("user.recovery_code_used", user_id, left=used.recovery_codes_left)
    return True


def _take_key(work: Work, user_id: Id, proof: KeyProof) -> bool:
    found = [
        each for each in work.search(SECURITY_KEYS_OF_USER, user_id) if each.id == proof.key_id
    ]
    if not found:
        return False
    [key] = found
    used = key.used(proof.sign_count, work.recorded_at)
    if used is None:
        work.event("user.security_key_copied", key.id)
        return False
    work.put(SECURITY_KEYS, used)
    return True


def keep_challenge(work: Work, fresh: NewChallenge, purpose: Purpose, changed_at: datetime) -> None:
    """Put a challenge to the caller, whose password was chosen at ``changed_at``."""
    of = work.principal.user_id, work.principal.tenant_id
    hashes = fresh.token_hash, fresh.challenge
    challenge = Challenge.new(fresh.id, of, purpose, hashes, changed_at, work.recorded_at)
    work.put(CHALLENGES, challenge)
    work.note("asked", "challenge", fresh.id, purpose=str(purpose))


def answered_challenge(work: Work, purpose: Purpose, answered: Answered) -> Challenge:
    """The challenge of the caller that is answered.

    Raises:
        InvalidMfaToken, ProofWrong: that of somebody else, none, or not to be answered any more.
    """
    challenge = work.find(CHALLENGES, answered.challenge_id)
    if challenge is None or challenge.user_id != work.principal.user_id:
        raise not_asked(purpose)
    return open_challenge(challenge, purpose, answered.token_hash, work.recorded_at)


def open_challenge(
    challenge: Challenge | None, purpose: Purpose, token_hash: bytes, now: datetime
) -> Challenge:
    """A challenge that may be answered.

    Raises:
        InvalidMfaToken, ProofWrong: there is none, or it is not to be answered any more.
    """
    if challenge is None or not challenge.open_for(purpose, token_hash, now):
        raise not_asked(purpose)
    return challenge


def not_asked(purpose: Purpose) -> DomainError:
    """The refusal of a token: a signed-in caller stays signed in."""
    return InvalidMfaToken() if purpose is Purpose.LOGIN else ProofWrong.at("/token")


CHALLENGE_TOKEN = TokenForm("mt_", b"mfa-token", InvalidMfaToken)
