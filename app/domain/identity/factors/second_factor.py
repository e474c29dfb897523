"""Second factors: codes by time from an app (RFC 6238), and codes that stand in when it is lost.

A code is good once: the step of the last one is kept, and only a later step is taken. Wrong codes
are counted beside it. Each node delays those who guess, and this count holds for all of them: who
knows the password tries at most a few codes an hour. Recovery codes and security keys cannot be
guessed, so the count never keeps the owner out who has one of them.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from app.domain.identity.factors.errors import NoEnrolment
from app.domain.identity.sign_in.errors import LoginThrottled
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

PENDING = timedelta(minutes=15)  # an enrolment waits so long for its first code
RECOVERY_CODES = 10
HASH_BYTES = 32
FAILURES_FREE = 10
WAIT_MAX = timedelta(minutes=15)


@frozen
class CodeProof:
    """A code of the app: the step that it belongs to, None where it is none of the present ones.

    ``sealed_secret`` is what it was compared with.
    """

    sealed_secret: bytes | None
    step: int | None
    method: str = "totp"


@frozen
class RecoveryProof:
    """A recovery code, by its hash."""

    code_hash: bytes
    method: str = "recovery_code"


@frozen
class KeyProof:
    """What a security key signed; ``key_id`` is None where the signature proves nothing."""

    key_id: Id | None
    sign_count: int
    method: str = "security_key"


Proof = CodeProof | RecoveryProof | KeyProof


@frozen
class SecondFactor:
    """The app and the recovery codes of a user.

    ``sealed_secret`` is None without an app, ``pending_secret`` one that waits for its first code.
    ``last_step`` is that of the last code that was taken. ``recovery_hashes`` are those of the
    codes that are left, one after the other.
    """

    user_id: Id
    sealed_secret: bytes | None
    pending_secret: bytes | None
    pending_at: datetime | None
    last_step: int
    recovery_hashes: bytes
    failures: int
    failed_at: datetime | None
    version: int

    @classmethod
    def none(cls, user_id: Id) -> "SecondFactor":
        """That of a user who has no app and no codes."""
        return cls(user_id, None, None, None, 0, b"", 0, None, version=1)

    @property
    def recovery_codes_left(self) -> int:
        """How many recovery codes are still good."""
        return len(self.recovery_hashes) // HASH_BYTES

    def enrolling(self, sealed: bytes, at: datetime) -> "SecondFactor":
        """With a new app that waits for its first code; the present one stays good until then."""
        return replace(self, pending_secret=sealed, pending_at=at)

    def pending(self, now: datetime) -> bytes:
        """The sealed secret that waits for its first code.

        Raises:
            NoEnrolment: none does, or it waited too long.
        """
        if self.pending_secret is None or self.pending_at is None:
            raise NoEnrolment
        if now - self.pending_at > PENDING:
            raise NoEnrolment
        return self.pending_secret

    def confirmed(self, sealed: bytes, step: int, now: datetime) -> "SecondFactor":
        """With the app whose first code, of ``step``, was right.

        Raises:
            NoEnrolment: another enrolment took its place, or it waited too long.
        """
        if self.pending(now) != sealed:
            raise NoEnrolment
        fresh = replace(self, sealed_secret=sealed, pending_secret=None, pending_at=None)
        return replace(fresh, last_step=step, failures=0, failed_at=None)

    def admit(self, now: datetime) -> None:
        """Let one more code be tried.

        Raises:
            LoginThrottled: too many were wrong; it says when the next one is taken.
        """
        beyond = self.failures - FAILURES_FREE
        if self.failed_at is None or beyond < 0:
            return
        wait = min(timedelta(seconds=2 ** min(beyond, 20)), WAIT_MAX)
        left = (self.failed_at + wait - now).total_seconds()
        if left > 0:
            raise LoginThrottled(retry_after_seconds=math.ceil(left))

    def used(self, proof: CodeProof) -> "SecondFactor | None":
        """After a code was taken; None for a wrong one, and for one that was taken before."""
        if proof.step is None or self.sealed_secret is None:
            return None
        if proof.sealed_secret != self.sealed_secret or proof.step <= self.last_step:
            return None
        return replace(self, last_step=proof.step, failures=0, failed_at=None)

    def failed(self, now: datetime) -> "SecondFactor":
        """After a wrong code."""
        return replace(self, failures=self.failures + 1, failed_at=now)

    def recovered(self, proof: RecoveryProof) -> "SecondFactor | None":
        """After a recovery code was taken, which is gone then; None for one that is not there."""
        hashes = self._hashes()
        if proof.code_hash not in hashes:
            return None
        hashes.remove(proof.code_hash)
        return replace(self, recovery_hashes=b"".join(hashes), failures=0, failed_at=None)

    def with_codes(self, hashes: Sequence[bytes]) -> "SecondFactor":
        """With new recovery codes in place of all others."""
        return replace(self, recovery_hashes=b"".join(hashes))

    def without_app(self) -> "SecondFactor":
        """Without the app; the recovery codes stay, for there may be another factor."""
        return replace(self, sealed_secret=None, pending_secret=None, pending_at=None)

    def without_all(self) -> "SecondFactor":
        """Without app and recovery codes."""
        return replace(self.without_app(), recovery_hashes=b"", failures=0, failed_at=None)

    def _hashes(self) -> list[bytes]:
        whole = self.recovery_hashes
        return [whole[at : at + HASH_BYTES] for at in range(0, len(whole), HASH_BYTES)]
