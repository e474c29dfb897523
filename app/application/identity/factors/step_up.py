"""Step-up: a fresh proof of the caller before a sensitive action.

``SecondFactors`` compares what was sent with the secrets, outside of any transaction: for step-up,
and for logins that wait for a second factor.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.application.identity.directory.kinds import CREDENTIALS, SESSIONS
from app.application.identity.directory.passwords import Guess, Passwords
from app.application.identity.directory.ports import AccessTokens
from app.application.identity.directory.reading import read_one
from app.application.identity.directory.tokens import SecretToken
from app.application.identity.factors.ports import (
    CHALLENGES,
    SECOND_FACTORS,
    SECURITY_KEYS_OF_USER,
    OneTimeCodes,
    SecurityKeyCeremonies,
)
from app.application.identity.factors.proving import (
    CHALLENGE_TOKEN,
    PROVED,
    WRONG,
    Answered,
    NewChallenge,
    answered_challenge,
    factor_needs,
    has_factor,
    not_asked,
    open_challenge,
    take,
)
from app.application.identity.factors.recovery_codes import recovery_hash
from app.application.identity.factors.views import SecondFactorView, StepUpView
from app.application.shared.access import STEP_UP_LIFE, Principal
from app.application.shared.commands import Command, CommandRunner, Done, answer_of
from app.application.shared.kinds import Lock, Needs
from app.application.shared.reading import Reader
from app.application.shared.wording import instant
from app.application.shared.work import Loaded, Work
from app.domain.identity.factors.challenge import LIFE, Challenge, Purpose
from app.domain.identity.factors.errors import (
    InvalidMfaToken,
    ProofChoice,
    ProofWrong,
    SecondFactorRequired,
    SecurityKeysOff,
)
from app.domain.identity.factors.second_factor import (
    CodeProof,
    KeyProof,
    Proof,
    RecoveryProof,
    SecondFactor,
)
from app.domain.identity.sign_in.errors import SessionExpired
from app.domain.shared.clock import Clock
from app.domain.shared.errors import ConcurrentChange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class StepUp:
    """A fresh proof of the caller.

    ``password_changed_at`` is that of the password that was found right, None where none was sent.
    """

    password_changed_at: datetime | None
    proof: Proof | None
    answered: Answered | None


def _needs(request: StepUp, principal: Principal) -> Needs:
    needs = factor_needs(principal.user_id).one(SESSIONS, principal.session_id)
    if request.answered is not None:
        needs.one(CHALLENGES, request.answered.challenge_id)
    return needs.one(CREDENTIALS, principal.user_id, lock=Lock.KEY_SHARE)


def _step_up(request: StepUp, work: Work) -> Done:
    principal, now = work.principal, work.recorded_at
    credentials = work.get(CREDENTIALS, principal.user_id)
    session = work.find(SESSIONS, principal.session_id)
    if session is None or not session.live(now):
        raise SessionExpired
    if request.password_changed_at not in (None, credentials.changed_at):
        raise ConcurrentChange  # another one was chosen while this one was checked
    if request.proof is None and has_factor(work, principal.user_id):
        raise SecondFactorRequired.at("/code")
    if request.answered is not None:
        challenge = answered_challenge(work, Purpose.STEP_UP, request.answered)
        work.put(CHALLENGES, challenge.used(now))
    if request.proof is not None and not take(work, principal.user_id, request.proof):
        return Done({"outcome": WRONG})
    method = "password" if request.proof is None else request.proof.method
    work.put(SESSIONS, session.proved(now, second_factor=request.proof is not None))
    work.note("proved", "session", session.id, method=method)
    work.event("session.proved", session.id, method=method)
    view = StepUpView(proved_at=instant(now), expires_at=instant(now + STEP_UP_LIFE))
    return Done({"outcome": PROVED, "view": view})


STEP_UP = Command("auth.step_up", "profile:write", _needs, _step_up)


LIFE_SECONDS = int(LIFE.total_seconds())


@frozen
class Offer:
    """What is sent as a proof: one of a code, a recovery code, a security key's answer."""

    code: str | None = None
    recovery_code: str | None = None
    credential: str | None = None

    @property
    def given(self) -> int:
        """How many of them were sent."""
        return sum(each is not None for each in (self.code, self.recovery_code, self.credential))

    def check_one(self) -> None:
        """Let an offer pass that is one proof.

        Raises:
            ProofChoice: it is none, or several.
        """
        if self.given != 1:
            raise ProofChoice

    @property
    def pointer(self) -> str:
        """Where the request has the proof."""
        if self.code is not None:
            return "/code"
        return "/credential" if self.recovery_code is None else "/recovery_code"


@dataclass(slots=True, eq=False)
class SecondFactors:
    """Asks for proofs and looks at them.

    Wrong proofs are delayed as wrong passwords are, under a name of their own: the password that
    was right before does not make them forgotten.
    """

    runner: CommandRunner
    reader: Reader
    passwords: Passwords
    tokens: AccessTokens
    codes: OneTimeCodes
    ceremonies: SecurityKeyCeremonies
    clock: Clock

    def asked(
        self, token: SecretToken, challenge: NewChallenge, view: dict[str, Any]
    ) -> SecondFactorView:
        """What a login answers that waits for the second factor."""
        ids = [bytes.fromhex(each) for each in view["credential_ids"]]
        keys = self.ceremonies.on and bool(ids)
        return {
            "mfa_required": True,
            "mfa_token": str(token),
            "expires_in_seconds": LIFE_SECONDS,
            "methods": [name for name in view["methods"] if keys or name != "security_key"],
            "webauthn": self.ceremonies.request(challenge.challenge, ids) if keys else None,
        }

    async def challenge(self, token_text: str, purpose: Purpose) -> tuple[Answered, Challenge]:
        """The challenge behind a token, which may still be answered.

        Raises:
            InvalidMfaToken, ProofWrong: unknown, used, too old, or answered wrongly too often.
        """
        try:
            token = CHALLENGE_TOKEN.read(token_text)
        except InvalidMfaToken:
            raise not_asked(purpose) from None
        loaded = await self.reader.load(None, Needs().one(CHALLENGES, token.id))
        found = read_one(loaded, CHALLENGES, token.id)
        challenge = open_challenge(found, purpose, token.token_hash, self.clock.now())
        return Answered(token.id, token.token_hash), challenge

    async def proof(self, user_id: Id, offer: Offer, challenge: bytes = b"") -> Proof:
        """What was sent, compared with what is kept of the user."""
        if offer.recovery_code is not None:
            return RecoveryProof(recovery_hash(offer.recovery_code))
        loaded = await self.reader.load(None, factor_needs(user_id))
        if offer.code is not None:
            sealed = factor_read(loaded, user_id).sealed_secret
            return CodeProof(sealed, self._step(sealed, offer.code, user_id))
        credential = offer.credential or ""
        if not self.ceremonies.on:
            raise SecurityKeysOff
        named = self.ceremonies.named(credential)
        for key in loaded.results(SECURITY_KEYS_OF_USER, user_id):
            if key.credential_id == named:
                count = self.ceremonies.signed(credential, challenge, key.public_key)
                return KeyProof(None if count is None else key.id, count or 0)
        return KeyProof(None, 0)

    def _step(self, sealed: bytes | None, code: str, user_id: Id) -> int | None:
        if sealed is None:
            return None
        return self.codes.step(sealed, code, self.clock.now(), user_id.hex())

    async def run(self, command: Command[Any], input_: Any, principal: Principal) -> Any:
        """Run a command that takes a proof; one that is wrong counts as a failed guess."""
        guess = guess_of(principal)
        async with self.passwords.attempt(guess):
            view = await answer_of(self.runner, command, input_, principal)
        if view["outcome"] != WRONG:
            await self.passwords.throttle.succeeded(*guess)
        return view

    async def step_up(
        self, principal: Principal, password: str | None, offer: Offer, token_text: str | None
    ) -> StepUpView:
        """Take a fresh proof of the caller: a second factor, else the password."""
        if offer.given or password is None:
            offer.check_one()
        changed_at = None
        if password is not None:
            changed_at = await self._right_password(principal, password)
        proof = answered = None
        if offer.given:
            signed = b""
            if offer.credential is not None:
                answered, challenge = await self.challenge(token_text or "", Purpose.STEP_UP)
                signed = challenge.challenge
            proof = await self.proof(principal.user_id, offer, signed)
        request = StepUp(changed_at, proof, answered)
        if proof is None:
            view = await answer_of(self.runner, STEP_UP, request, principal)
        else:
            view = await self.run(STEP_UP, request, principal)
        if view["outcome"] == WRONG:
            raise ProofWrong.at(offer.pointer)
        self.tokens.forget([principal.session_id])
        return view["view"]  # type: ignore[no-any-return]

    async def _right_password(self, principal: Principal, password: str) -> Any:
        """When the password was chosen, which must be right."""
        user_id = principal.user_id
        loaded = await self.reader.load(None, Needs().one(CREDENTIALS, user_id))
        credentials = read_one(loaded, CREDENTIALS, user_id)
        if credentials is None:
            raise SessionExpired
        guess = guess_of(principal)
        if not await self.passwords.right(guess, password, credentials.password_hash):
            raise ProofWrong.at("/password")
        return credentials.changed_at


def guess_of(principal: Principal) -> Guess:
    """Where wrong proofs of a user are counted.

    It is not where logins are: a stolen session cannot keep its owner from signing in.
    """
    return f"proof:{principal.user_id.hex()}", principal.address


def factor_read(loaded: Loaded, user_id: Id) -> SecondFactor:
    """App and recovery codes of a user as they were read, who may have none."""
    found = read_one(loaded, SECOND_FACTORS, user_id)
    return SecondFactor.none(user_id) if found is None else found
