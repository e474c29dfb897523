"""Enrolling second factors: the steps around the commands that touch codes, keys and secrets."""

from collections.abc import Callable
from typing import Any

from app.application.identity.directory.ports import (
    SESSIONS,
    USERS,
    AccessTokens,
    Directory,
    LoginThrottle,
)
from app.application.identity.factors.challenge_tokens import ChallengeToken, NewChallenge
from app.application.identity.factors.commands import (
    ASK,
    CONFIRM_APP,
    ENROL_APP,
    FORGET_ALL,
    REGISTER_KEY,
    REMOVE_APP,
    REMOVE_KEY,
    RENAME_KEY,
    RENEW_CODES,
    Ask,
    Confirm,
    Register,
    Rename,
)
from app.application.identity.factors.ports import (
    SECOND_FACTORS,
    SECURITY_KEYS_OF_USER,
    OneTimeCodes,
    SecurityKeyCeremonies,
)
from app.application.identity.factors.proving import factor_needs
from app.application.identity.factors.recovery_codes import RecoveryCodes
from app.application.identity.factors.second_factors import SecondFactors, factor_read, guess_of
from app.application.identity.factors.views import (
    CeremonyView,
    MfaView,
    NewSecurityKeyView,
    RecoveryCodesView,
    SecurityKeyView,
    TotpView,
)
from app.application.shared.access import Principal
from app.application.shared.commands import Command, CommandRunner, answer_of
from app.application.shared.kinds import Needs
from app.application.shared.reading import Reader
from app.domain.identity.factors.challenge import LIFE, Purpose
from app.domain.identity.factors.errors import ProofWrong, SecurityKeyRefused, SecurityKeysOff
from app.domain.identity.sign_in.errors import SessionOver
from app.domain.shared.clock import Clock
from app.domain.shared.ids import NO_ID, Id
from app.domain.shared.texts import folded


class Enrolling:
    """What the routes under ``/auth/mfa`` do for a caller who is signed in."""

    def __init__(
        self,
        *,
        runner: CommandRunner,
        reader: Reader,
        throttle: LoginThrottle,
        tokens: AccessTokens,
        codes: OneTimeCodes,
        ceremonies: SecurityKeyCeremonies,
        factors: SecondFactors,
        directory: Directory,
        clock: Clock,
        new_id: Callable[[], Id],
    ) -> None:
        self._runner = runner
        self._reader = reader
        self._throttle = throttle
        self._tokens = tokens
        self._codes = codes
        self._ceremonies = ceremonies
        self._factors = factors
        self._directory = directory
        self._clock = clock
        self._new_id = new_id

    async def shown(self, principal: Principal) -> MfaView:
        """The second factors of the caller."""
        needs = factor_needs(principal.user_id).one(SESSIONS, principal.session_id)
        loaded = await self._reader.load(None, needs)
        factor = factor_read(loaded, principal.user_id)
        session = loaded.present.get(SESSIONS, {}).get((principal.session_id,))
        return {
            "totp": factor.sealed_secret is not None,
            "security_keys": len(loaded.results(SECURITY_KEYS_OF_USER, principal.user_id)),
            "recovery_codes_left": factor.recovery_codes_left,
            "session_second_factor": session is not None and session.second_factor,
        }

    async def enrol(self, principal: Principal) -> TotpView:
        """A new app, which is good from its first code on; its secret is shown this once."""
        user_id = principal.user_id
        loaded = await self._reader.load(None, Needs().one(USERS, user_id))
        user = loaded.present.get(USERS, {}).get((user_id,))
        if user is None:
            raise SessionOver
        secret, sealed = self._codes.make(user_id.hex())
        await answer_of(self._runner, ENROL_APP, sealed, principal)
        return {"secret": secret, "uri": self._codes.uri(secret, user.email)}

    async def confirm(self, principal: Principal, code: str) -> RecoveryCodesView:
        """The first code of a new app; the first factor of a user brings recovery codes.

        Raises:
            NoEnrolment: no app waits for it, or it waited too long.
            ProofWrong: the code is wrong.
            LoginThrottled: too many were; also the right one waits.
        """
        user_id = principal.user_id
        loaded = await self._reader.load(None, Needs().one(SECOND_FACTORS, user_id))
        sealed = factor_read(loaded, user_id).pending(self._clock.now())
        guess = guess_of(principal)
        await self._throttle.admit(*guess)
        step = self._codes.step(sealed, code, self._clock.now(), user_id.hex())
        if step is None:
            raise ProofWrong.at("/code")
        await self._throttle.succeeded(*guess)
        fresh = RecoveryCodes.fresh()
        view = await self._added(CONFIRM_APP, Confirm(sealed, step, fresh.hashes), principal)
        return {"recovery_codes": list(fresh.codes) if view["renewed"] else []}

    async def _added(self, command: Command[Any], wish: Any, principal: Principal) -> Any:
        """Run a command that adds a factor; sessions that it ended are looked up anew."""
        view = await answer_of(self._runner, command, wish, principal)
        self._tokens.forget([principal.session_id, *_ids(view["ended"])])
        return view

    async def remove_app(self, principal: Principal) -> None:
        """Take the app away.

        Raises:
            NotFound: the caller has none.
            LastFactor: it is the last factor, and a company of the caller demands one.
        """
        ended = await answer_of(self._runner, REMOVE_APP, None, principal)
        self._tokens.forget([principal.session_id, *_ids(ended)])

    async def forget_all(self, email: str) -> int | None:
        """Take every factor of a user away and end his sessions, as whoever operates the service.

        Returns how many sessions were ended; None when nobody with this address works anywhere.
        """
        account = await self._directory.account(folded(email.strip()))
        if account is None or account.tenant_id is None:
            return None
        operator = Principal(account.tenant_id, NO_ID)
        ended: int = await answer_of(self._runner, FORGET_ALL, account.user_id, operator)
        return ended

    async def renew_codes(self, principal: Principal) -> RecoveryCodesView:
        """New recovery codes in place of all that are left.

        Raises:
            NoSecondFactor: the caller has no factor that they could stand in for.
        """
        fresh = RecoveryCodes.fresh()
        await answer_of(self._runner, RENEW_CODES, fresh.hashes, principal)
        return {"recovery_codes": list(fresh.codes)}

    async def begin(self, principal: Principal, purpose: Purpose) -> CeremonyView:
        """Begin to register a security key, or to prove oneself by one.

        Raises:
            SecurityKeysOff: this installation is not set up for them.
        """
        if not self._ceremonies.on:
            raise SecurityKeysOff
        user_id = principal.user_id
        loaded = await self._reader.load(None, factor_needs(user_id).one(USERS, user_id))
        user = loaded.present.get(USERS, {}).get((user_id,))
        if user is None:
            raise SessionOver
        token = ChallengeToken.fresh(self._new_id())
        fresh = NewChallenge.of(token)
        await answer_of(self._runner, ASK, Ask(purpose, fresh), principal)
        known = [key.credential_id for key in loaded.results(SECURITY_KEYS_OF_USER, user_id)]
        if purpose is Purpose.REGISTER:
            who = user_id, user.email, user.display_name
            options = self._ceremonies.creation(who, fresh.challenge, known)
        else:
            options = self._ceremonies.request(fresh.challenge, known)
        return {
            "token": str(token),
            "expires_in_seconds": int(LIFE.total_seconds()),
            "webauthn": options,
        }

    async def register(
        self, principal: Principal, token_text: str, credential: str, name: str
    ) -> NewSecurityKeyView:
        """Keep a security key that answered its challenge.

        Raises:
            SecurityKeysOff: this installation is not set up for them.
            ProofWrong: the token is not the caller's, used, or too old.
            SecurityKeyRefused: the answer is of another site or challenge, or proves nothing.
            SecurityKeyTaken: the key is registered already.
            TooManySecurityKeys: the caller has enough of them.
            InvalidValue: the name does not have its form.
        """
        if not self._ceremonies.on:
            raise SecurityKeysOff
        token, challenge = await self._factors.challenge(token_text, Purpose.REGISTER)
        key = self._ceremonies.registered(credential, challenge.challenge)
        if key is None:
            raise SecurityKeyRefused.at("/credential")
        fresh = RecoveryCodes.fresh()
        wish = Register(token.id, token.token_hash, key, name, fresh.hashes)
        view = await self._added(REGISTER_KEY, wish, principal)
        shown: SecurityKeyView = view["key"]
        return {**shown, "recovery_codes": list(fresh.codes) if view["renewed"] else []}

    async def rename(
        self, principal: Principal, key_id: Id, expected_version: int, name: str
    ) -> SecurityKeyView:
        """Call a security key of the caller by another name.

        Raises:
            NotFound: he has no such key.
            StaleVersion: it was changed since the caller saw it.
            InvalidValue: the name does not have its form.
        """
        wish = Rename(key_id, expected_version, name)
        return await answer_of(self._runner, RENAME_KEY, wish, principal)  # type: ignore[no-any-return]

    async def remove_key(self, principal: Principal, key_id: Id) -> None:
        """Take a security key away.

        Raises:
            NotFound: the caller has no such key.
            LastFactor: it is the last factor, and a company of the caller demands one.
        """
        ended = await answer_of(self._runner, REMOVE_KEY, key_id, principal)
        self._tokens.forget([principal.session_id, *_ids(ended)])


def _ids(texts: list[str]) -> list[Id]:
    return [Id(bytes.fromhex(each)) for each in texts]
