"""What users do with their own sign-in: end a session of theirs, choose another password."""

import asyncio

from app.application.identity.directory.ports import (
    CREDENTIALS,
    TENANTS,
    USERS,
    AccessTokens,
    LoginThrottle,
    PasswordHasher,
)
from app.application.identity.sign_in.passwords import CHANGE_PASSWORD, NewPassword
from app.application.identity.sign_in.sessions import END_SESSION
from app.application.shared.access import Principal
from app.application.shared.commands import CommandRunner, answer_of
from app.application.shared.kinds import Needs
from app.application.shared.reading import Reader
from app.domain.identity.sign_in.errors import PasswordWrong, SessionOver
from app.domain.identity.sign_in.passwords import check_password, normal_password
from app.domain.shared.errors import ServiceUnavailable
from app.domain.shared.ids import Id

_NEW = "/new_password"


class OwnAccount:
    """What the routes under ``/auth`` do for a caller who is signed in."""

    def __init__(
        self,
        *,
        runner: CommandRunner,
        reader: Reader,
        hasher: PasswordHasher,
        throttle: LoginThrottle,
        tokens: AccessTokens,
    ) -> None:
        self._runner = runner
        self._reader = reader
        self._hasher = hasher
        self._throttle = throttle
        self._tokens = tokens

    async def end_session(self, principal: Principal, session_id: Id) -> None:
        """End one session of the caller; its access tokens are refused from now on.

        Raises:
            NotFound: the caller has no such session, or it is over.
        """
        await answer_of(self._runner, END_SESSION, session_id, principal)
        self._tokens.forget([session_id])

    async def change_password(self, principal: Principal, present: str, new: str) -> None:
        """Choose another password and end every other session of the caller.

        Whoever holds an access token could guess here as at a login, so guesses count as there.

        Raises:
            PasswordTooShort, PasswordTooLong, PasswordCommon, PasswordPersonal: choose another.
            PasswordWrong: the present password is another one.
            LoginThrottled: too many wrong ones; also the right one waits.
            HashingBusy: nothing was done.
            ConcurrentChange: another password was chosen at the same moment.
        """
        needs = Needs().one(USERS, principal.user_id).one(TENANTS, principal.tenant_id)
        loaded = await self._reader.load(None, needs.one(CREDENTIALS, principal.user_id))
        user = loaded.present.get(USERS, {}).get((principal.user_id,))
        company = loaded.present.get(TENANTS, {}).get((principal.tenant_id,))
        credentials = loaded.present.get(CREDENTIALS, {}).get((principal.user_id,))
        if user is None or company is None or credentials is None:
            raise SessionOver
        check_password(
            new,
            email=user.email,
            company=company.name,
            pointer=_NEW,
            second_factor=credentials.second_factor,
        )
        guess = user.email_folded, principal.address
        await self._throttle.admit(*guess)
        try:
            right, _ = await self._hasher.verify(
                normal_password(present), credentials.password_hash
            )
            if not right:
                raise PasswordWrong.at("/current_password")
            password_hash = await self._hasher.hash(normal_password(new))
        except (ServiceUnavailable, asyncio.CancelledError):
            await self._throttle.withdraw(*guess)
            raise
        await self._throttle.succeeded(*guess)
        wish = NewPassword(password_hash, credentials.changed_at)
        ended = await answer_of(self._runner, CHANGE_PASSWORD, wish, principal)
        self._tokens.forget([Id(bytes.fromhex(each)) for each in ended])
