"""Refusals around second factors and fresh proofs of the caller."""

from app.domain.identity.sign_in.errors import Unauthenticated
from app.domain.shared.errors import DomainError, Kind


class InvalidMfaToken(Unauthenticated):
    """The token of a login is unknown, used up, too old, or was answered wrongly too often."""

    code = "auth.mfa_token_invalid"


class SecondFactorWrong(Unauthenticated):
    """The code or the answer of the security key proves nothing; the login still waits."""

    code = "auth.second_factor_wrong"


class ProofWrong(DomainError):
    """The proof that a signed-in caller sent is wrong; nothing was changed."""

    code = "auth.proof_wrong"
    kind = Kind.RULE_BROKEN


class ProofChoice(DomainError):
    """Exactly one of ``code``, ``recovery_code`` and ``credential`` is sent."""

    code = "auth.proof_choice"
    kind = Kind.RULE_BROKEN


class SecondFactorRequired(DomainError):
    """The user has a second factor, so a password alone proves nothing."""

    code = "auth.second_factor_required"
    kind = Kind.RULE_BROKEN


class StepUpRequired(DomainError):
    """The last proof of the caller is too old; ``POST /auth/step-up`` takes a fresh one."""

    code = "auth.step_up_required"
    kind = Kind.FORBIDDEN


class MfaEnrolmentRequired(DomainError):
    """The company demands a second factor, and this session was opened without one."""

    code = "auth.mfa_enrolment_required"
    kind = Kind.FORBIDDEN


class NoEnrolment(DomainError):
    """There is no enrolment that waits for its first code, or it is too old."""

    code = "auth.no_enrolment"
    kind = Kind.CONFLICT


class NoSecondFactor(DomainError):
    """Recovery codes, and demanding a second factor, need a session proved by one."""

    code = "auth.no_second_factor"
    kind = Kind.CONFLICT


class LastFactor(DomainError):
    """A company of the user demands a second factor, and this is the last one."""

    code = "auth.last_factor"
    kind = Kind.CONFLICT


class SecurityKeysOff(DomainError):
    """This installation is not set up for security keys."""

    code = "auth.security_keys_off"
    kind = Kind.CONFLICT


class SecurityKeyRefused(DomainError):
    """What the security key answered is of another site or challenge, or not signed by it."""

    code = "auth.security_key_refused"
    kind = Kind.RULE_BROKEN


class SecurityKeyTaken(DomainError):
    """The security key is registered already."""

    code = "auth.security_key_taken"
    kind = Kind.CONFLICT


class TooManySecurityKeys(DomainError):
    """A user has at most ``maximum`` security keys."""

    code = "auth.too_many_security_keys"
    kind = Kind.CONFLICT
