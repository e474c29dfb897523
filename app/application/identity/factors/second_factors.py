"""Second factors: the steps around the commands that touch codes, keys and secrets."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import structlog

from app.application.identity.directory.origin import Origin, principal_from
from app.application.identity.directory.ports import (
    CREDENTIALS,
    AccessTokens,
    LoginThrottle,
    PasswordHasher,
)
from app.application.identity.factors.challenge_tokens import ChallengeToken, NewChallenge
from app.application.identity.factors.ports import (
    CHALLENGES,
    SECOND_FACTORS,
    SECURITY_KEYS_OF_USER,
    OneTimeCodes,
    SecurityKeyCeremonies,
)
from app.application.identity.factors.proving import WRONG, checked, factor_needs, not_asked
from app.application.identity.factors.recovery_codes import recovery_hash
from app.application.identity.factors.step_up import STEP_UP, VERIFY, Answered, StepUp, Verify
from app.application.identity.factors.views import (
    SecondFactorView,
    StepUpView,
)
from app.application.identity.sign_in.refresh_tokens import RefreshToken
from app.application.identity.sign_in.sessions import OpenSession
from app.application.identity.sign_in.views import TokensView
from app.application.shared.access import Principal
from app.application.shared.commands import Command, CommandRunner, answer_of
from app.application.shared.kinds import Needs
from app.application.shared.reading import Reader
from app.application.shared.work import Loaded
from app.domain.identity.factors.challenge import LIFE, Challenge, Purpose
from app.domain.identity.factors.errors import (
    InvalidMfaToken,
    ProofChoice,
    ProofWrong,
    SecondFactorWrong,
    SecurityKeysOff,
)
from app.domain.identity.factors.second_factor import (
    CodeProof,
    KeyProof,
    Proof,
    RecoveryProof,
    SecondFactor,
)
from app.domain.identity.sign_in.errors import SessionOver
from app.domain.identity.sign_in.passwords import normal_password
from app.domain.identity.sign_in.session import SessionTerms
from app.domain.shared.clock import Clock
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

_log = structlog.get_logger("app.identity")
_LIFE_SECONDS = int(LIFE.total_seconds())


@frozen
class Offer:
    """What somebody shows to prove himself: one of a code, a recovery code, a key's answer."""

    code: str | None = None
    recovery_code: str | None = None
    credential: str | None = None

    @property
    def given(self) -> int:
        """How many of them were sent."""
        return sum(each is not None for each in (self.code, self.recovery_code, self.credential))


class Issue(Protocol):
    """Makes the tokens of a session."""

    def __call__(
        self, principal: Principal, view: dict[str, Any], refresh: RefreshToken
    ) -> Awaitable[TokensView]:
        """The pair for a session that a command has opened."""
        ...


class SecondFactors:
    """What the routes under ``/auth/mfa`` do, and ``/auth/step-up``.

    Wrong proofs are delayed as wrong passwords are, under a name of their own: the password that
    was right before does not make them forgotten.
    """

    def __init__(
        self,
        *,
        runner: CommandRunner,
        reader: Reader,
        hasher: PasswordHasher,
        throttle: LoginThrottle,
        tokens: AccessTokens,
        codes: OneTimeCodes,
        ceremonies: SecurityKeyCeremonies,
        terms: SessionTerms,
        clock: Clock,
        new_id: Callable[[], Id],
    ) -> None:
        self._runner = runner
        self._reader = reader
        self._hasher = hasher
        self._throttle = throttle
        self._tokens = tokens
        self._codes = codes
        self._ceremonies = ceremonies
        self._terms = terms
        self._clock = clock
        self._new_id = new_id

    def asked(
        self, token: ChallengeToken, challenge: NewChallenge, view: dict[str, Any]
    ) -> SecondFactorView:
        """What a login answers that waits for the second factor."""
        ids = [bytes.fromhex(each) for each in view["credential_ids"]]
        keys = self._ceremonies.on and bool(ids)
        return {
            "mfa_required": True,
            "mfa_token": str(token),
            "expires_in_seconds": _LIFE_SECONDS,
            "methods": [name for name in view["methods"] if keys or name != "security_key"],
            "webauthn": self._ceremonies.request(challenge.challenge, ids) if keys else None,
        }

    async def verify(
        self, token_text: str, offer: Offer, origin: Origin, issue: Issue
    ) -> TokensView:
        """The second step of a sign-in; ``issue`` makes the tokens of its session.

        Raises:
            InvalidMfaToken: unknown, used, too old, or guessed at too often.
            SecondFactorWrong: the proof is wrong.
            LoginThrottled: too many were; also the right one waits.
            ProofChoice: none was sent, or several.
        """
        check_one(offer)
        token, challenge = await self.challenge(token_text, Purpose.LOGIN)
        principal = principal_from(challenge.tenant_id, challenge.user_id, origin, self._new_id())
        refresh = RefreshToken.fresh()
        session = OpenSession(
            session_id=principal.session_id,
            family_hash=refresh.family_hash,
            token_hash=refresh.token_hash,
            device=origin.device,
            verified_hash="",
            password_changed_at=challenge.password_changed_at,
            stronger_hash=None,
            terms=self._terms,
        )
        proof = await self.proof(challenge.user_id, offer, challenge.challenge)
        wish = Verify(Answered(token.id, token.token_hash), proof, session)
        view = await self._guarded(VERIFY, wish, principal)
        if view["outcome"] == WRONG:
            _log.warning("second_factor_refused", user_id=principal.user_id.hex())
            raise SecondFactorWrong
        return await issue(principal, view, refresh)

    async def challenge(
        self, token_text: str, purpose: Purpose
    ) -> tuple[ChallengeToken, Challenge]:
        """The challenge behind a token, which may still be answered.

        Raises:
            InvalidMfaToken, ProofWrong: unknown, used, too old, or answered wrongly too often.
        """
        try:
            token = ChallengeToken.read(token_text)
            loaded = await self._reader.load(None, Needs().one(CHALLENGES, token.id))
        except InvalidMfaToken:
            raise not_asked(purpose) from None
        challenge = loaded.present.get(CHALLENGES, {}).get((token.id,))
        return token, checked(challenge, purpose, token.token_hash, self._clock.now())

    async def _guarded(self, command: Command[Any], wish: Any, principal: Principal) -> Any:
        """Run a command that takes a proof; one that is wrong counts as a failed guess."""
        guess = guess_of(principal)
        await self._throttle.admit(*guess)
        try:
            view = await answer_of(self._runner, command, wish, principal)
        except BaseException:  # nothing was decided, also where the client went away
            await self._throttle.withdraw(*guess)
            raise
        if view["outcome"] != WRONG:
            await self._throttle.succeeded(*guess)
        return view

    async def step_up(
        self, principal: Principal, password: str | None, offer: Offer, token_text: str | None
    ) -> StepUpView:
        """The caller proves himself once more: by his second factor, else by his password.

        Raises:
            ProofChoice: nothing was sent, or more than one factor.
            ProofWrong: the password, the factor, or the token of its ceremony is wrong.
            SecondFactorRequired: only a password was sent, and the caller has a factor.
            LoginThrottled: too many were wrong; also the right one waits.
            SessionOver: the session has ended.
            HashingBusy: nothing was done.
        """
        if offer.given or password is None:
            check_one(offer)
        changed_at = None
        if password is not None:
            changed_at = await self._right_password(principal, password)
        proof = answered = None
        if offer.given:
            challenge = b""
            if offer.credential is not None:
                token, asked = await self.challenge(token_text or "", Purpose.STEP_UP)
                challenge, answered = asked.challenge, Answered(token.id, token.token_hash)
            proof = await self.proof(principal.user_id, offer, challenge)
        wish = StepUp(changed_at, proof, answered)
        if proof is None:
            view = await answer_of(self._runner, STEP_UP, wish, principal)
        else:
            view = await self._guarded(STEP_UP, wish, principal)
        if view["outcome"] == WRONG:
            raise ProofWrong.at(_member(offer))
        self._tokens.forget([principal.session_id])
        return view["view"]  # type: ignore[no-any-return]

    async def _right_password(self, principal: Principal, password: str) -> Any:
        """When the password was chosen, which must be right."""
        user_id = principal.user_id
        loaded = await self._reader.load(None, Needs().one(CREDENTIALS, user_id))
        credentials = loaded.present.get(CREDENTIALS, {}).get((user_id,))
        if credentials is None:
            raise SessionOver
        guess = guess_of(principal)
        await self._throttle.admit(*guess)
        try:
            stored = credentials.password_hash
            right, _ = await self._hasher.verify(normal_password(password), stored)
        except BaseException:  # nothing was decided, also where the client went away
            await self._throttle.withdraw(*guess)
            raise
        if not right:
            raise ProofWrong.at("/password")
        await self._throttle.succeeded(*guess)
        return credentials.changed_at

    async def proof(self, user_id: Id, offer: Offer, challenge: bytes = b"") -> Proof:
        """What was sent, compared with what is kept of the user."""
        if offer.recovery_code is not None:
            return RecoveryProof(recovery_hash(offer.recovery_code))
        loaded = await self._reader.load(None, factor_needs(user_id))
        if offer.code is not None:
            sealed = factor_read(loaded, user_id).sealed_secret
            return CodeProof(sealed, self._step(sealed, offer.code, user_id))
        credential = offer.credential or ""
        if not self._ceremonies.on:
            raise SecurityKeysOff
        named = self._ceremonies.named(credential)
        for key in loaded.results(SECURITY_KEYS_OF_USER, user_id):
            if key.credential_id == named:
                count = self._ceremonies.signed(credential, challenge, key.public_key)
                return KeyProof(None if count is None else key.id, count or 0)
        return KeyProof(None, 0)

    def _step(self, sealed: bytes | None, code: str, user_id: Id) -> int | None:
        if sealed is None:
            return None
        return self._codes.step(sealed, code, self._clock.now(), user_id.hex())


def check_one(offer: Offer) -> None:
    """Let an offer pass that is one proof.

    Raises:
        ProofChoice: it is none, or several.
    """
    if offer.given != 1:
        raise ProofChoice


def _member(offer: Offer) -> str:
    if offer.code is not None:
        return "/code"
    return "/credential" if offer.recovery_code is None else "/recovery_code"


def guess_of(principal: Principal) -> tuple[str, str]:
    """Where wrong proofs of a user are counted.

    It is not where his logins are: who stole a session cannot keep its owner from signing in.
    """
    return f"proof:{principal.user_id.hex()}", principal.address


def factor_read(loaded: Loaded, user_id: Id) -> SecondFactor:
    """App and recovery codes of a user as they were read, who may have none."""
    found = loaded.present.get(SECOND_FACTORS, {}).get((user_id,))
    return SecondFactor.none(user_id) if found is None else found
