"""Enrolling second factors: the steps around the commands that touch codes, keys and secrets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.application.identity.directory.kinds import SESSIONS, USERS
from app.application.identity.directory.passwords import Passwords
from app.application.identity.directory.ports import AccessTokens, Directory
from app.application.identity.directory.reading import read_one
from app.application.identity.directory.sessions import session_ids
from app.application.identity.factors.commands import (
    ASK,
    CONFIRM_APP,
    ENROL_APP,
    FORGET_ALL,
    REGISTER_KEY,
    RENEW_CODES,
    Ask,
    Confirm,
    Register,
)
from app.application.identity.factors.ports import (
    SECOND_FACTORS,
    SECURITY_KEYS_OF_USER,
    OneTimeCodes,
    SecurityKeyCeremonies,
)
from app.application.identity.factors.proving import CHALLENGE_TOKEN, NewChallenge, factor_needs
from app.application.identity.factors.recovery_codes import RecoveryCodes
from app.application.identity.factors.step_up import (
    LIFE_SECONDS,
    SecondFactors,
    factor_read,
    guess_of,
)
from app.application.identity.factors.views import (
    CeremonyView,
    MfaView,
    RecoveryCodesView,
    TotpView,
)
from app.application.shared.access import Principal
from app.application.shared.commands import Command, CommandRunner, answer_of
from app.application.shared.kinds import Needs
from app.application.shared.reading import Reader
from app.domain.identity.factors.challenge import Purpose
from app.domain.identity.factors.errors import ProofWrong, SecurityKeyRefused, SecurityKeysOff
from app.domain.identity.sign_in.errors import SessionExpired
from app.domain.identity.sign_in.user import User
from app.domain.shared.clock import Clock
from app.domain.shared.ids import NO_ID, Id
from app.domain.shared.texts import folded


@dataclass(slots=True, eq=False)
class Enrolment:
    """What the routes under ``/auth/mfa`` do for a caller who is signed in."""

    runner: CommandRunner
    reader: Reader
    passwords: Passwords
    tokens: AccessTokens
    codes: OneTimeCodes
    ceremonies: SecurityKeyCeremonies
    factors: SecondFactors
    directory: Directory
    clock: Clock
    new_id: Callable[[], Id]

    async def shown(self, principal: Principal) -> MfaView:
        """The second factors of the caller."""
        needs = factor_needs(principal.user_id).one(SESSIONS, principal.session_id)
        loaded = await self.reader.load(None, needs)
        factor = factor_read(loaded, principal.user_id)
        session = read_one(loaded, SESSIONS, principal.session_id)
        return {
            "totp_enabled": factor.sealed_secret is not None,
            "security_key_count": len(loaded.results(SECURITY_KEYS_OF_USER, principal.user_id)),
            "recovery_codes_left": factor.recovery_codes_left,
            "second_factor_verified": session is not None and session.second_factor,
        }

    async def enrol(self, principal: Principal) -> TotpView:
        """A new app, which is good from its first code on; its secret is shown this once."""
        user_id = principal.user_id
        user, _ = await self._user(user_id)
        secret, sealed = self.codes.make(user_id.hex())
        await answer_of(self.runner, ENROL_APP, sealed, principal)
        return {"secret": secret, "uri": self.codes.uri(secret, user.email)}

    async def confirm(self, principal: Principal, code: str) -> RecoveryCodesView:
        """The first code of a new app; the first factor of a user brings recovery codes."""
        user_id = principal.user_id
        loaded = await self.reader.load(None, Needs().one(SECOND_FACTORS, user_id))
        sealed = factor_read(loaded, user_id).pending(self.clock.now())
        guess = guess_of(principal)
        async with self.passwords.attempt(guess):
            step = self.codes.step(sealed, code, self.clock.now(), user_id.hex())
        if step is None:
            raise ProofWrong.at("/code")
        await self.passwords.throttle.succeeded(*guess)
        fresh = RecoveryCodes.fresh()
        view = await self.run(CONFIRM_APP, Confirm(sealed, step, fresh.hashes), principal)
        return {"recovery_codes": list(fresh.codes) if view["renewed"] else []}

    async def run(self, command: Command[Any], input_: Any, principal: Principal) -> Any:
        """Run a command that adds or removes a factor, and forget the sessions that it ended."""
        view = await answer_of(self.runner, command, input_, principal)
        self.tokens.forget([principal.session_id, *session_ids(view["ended"])])
        return view

    async def forget_all(self, email: str) -> int | None:
        """Take every factor of a user away and end all sessions, as the operator of the service.

        Returns how many sessions were ended; None when nobody with this address works anywhere.
        """
        account = await self.directory.account(folded(email.strip()))
        if account is None:
            return None
        company_id = await self.directory.first_company(account.user_id)
        if company_id is None:
            return None
        operator = Principal(company_id, NO_ID)
        ended: int = await answer_of(self.runner, FORGET_ALL, account.user_id, operator)
        return ended

    async def renew_codes(self, principal: Principal) -> RecoveryCodesView:
        """New recovery codes in place of all that are left."""
        fresh = RecoveryCodes.fresh()
        await answer_of(self.runner, RENEW_CODES, fresh.hashes, principal)
        return {"recovery_codes": list(fresh.codes)}

    async def begin(self, principal: Principal, purpose: Purpose) -> CeremonyView:
        """Begin to register a security key, or to prove oneself by one."""
        if not self.ceremonies.on:
            raise SecurityKeysOff
        user, known = await self._user(principal.user_id)
        token = CHALLENGE_TOKEN.fresh(self.new_id())
        fresh = NewChallenge.of(token)
        await answer_of(self.runner, ASK, Ask(purpose, fresh), principal)
        if purpose is Purpose.REGISTER:
            owner = user.id, user.email, user.display_name
            options = self.ceremonies.creation(owner, fresh.challenge, known)
        else:
            options = self.ceremonies.request(fresh.challenge, known)
        return {
            "token": str(token),
            "expires_in_seconds": LIFE_SECONDS,
            "webauthn": options,
        }

    async def register(
        self, principal: Principal, token_text: str, credential: str, name: str
    ) -> dict[str, Any]:
        """Keep a security key that answered its challenge."""
        if not self.ceremonies.on:
            raise SecurityKeysOff
        answered, challenge = await self.factors.challenge(token_text, Purpose.REGISTER)
        key = self.ceremonies.registered(credential, challenge.challenge)
        if key is None:
            raise SecurityKeyRefused.at("/credential")
        fresh = RecoveryCodes.fresh()
        request = Register(answered, key, name, fresh.hashes)
        view = await self.run(REGISTER_KEY, request, principal)
        return {**view["key"], "recovery_codes": list(fresh.codes) if view["renewed"] else []}

    async def _user(self, user_id: Id) -> tuple[User, list[bytes]]:
        """The caller, and the ids of the security keys that are registered."""
        loaded = await self.reader.load(None, factor_needs(user_id).one(USERS, user_id))
        user = read_one(loaded, USERS, user_id)
        if user is None:
            raise SessionExpired
        keys = loaded.results(SECURITY_KEYS_OF_USER, user_id)
        return user, [key.credential_id for key in keys]
