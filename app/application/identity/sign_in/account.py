"""What users do with their own sign-in: see it, end sessions, choose another password.

A new password ends every other session, so nobody stays signed in by the old one.
"""

from dataclasses import dataclass
from datetime import datetime

from app.application.identity.directory.kinds import CREDENTIALS, TENANTS, USERS
from app.application.identity.directory.passwords import Passwords
from app.application.identity.directory.ports import AccessTokens
from app.application.identity.directory.reading import read_one
from app.application.identity.directory.sessions import end_sessions, session_ids
from app.application.identity.keys.ports import API_KEYS
from app.application.identity.keys.views import calling_key
from app.application.identity.sign_in.sessions import END_SESSION, LOGOUT_ALL
from app.application.identity.sign_in.views import MeView
from app.application.shared.access import Principal
from app.application.shared.commands import Command, CommandRunner, Done, answer_of
from app.application.shared.kinds import Lock, Needs
from app.application.shared.reading import Reader
from app.application.shared.work import Work
from app.domain.identity.keys.errors import ApiKeyOver
from app.domain.identity.sign_in.errors import PasswordWrong, SessionExpired
from app.domain.identity.sign_in.passwords import check_password
from app.domain.shared.errors import ConcurrentChange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, show


@frozen
class NewPassword:
    """The hash of the new password, in place of the one chosen at ``password_changed_at``."""

    password_hash: str
    password_changed_at: datetime


def _needs(_: NewPassword, principal: Principal) -> Needs:
    # The sessions are read after the lock is held, so those of logins that it waited for too.
    return Needs().one(CREDENTIALS, principal.user_id, lock=Lock.UPDATE)


def _change(request: NewPassword, work: Work) -> Done:
    principal = work.principal
    credentials = work.get(CREDENTIALS, principal.user_id)
    if credentials.changed_at != request.password_changed_at:
        raise ConcurrentChange  # another one was chosen while this one was checked
    work.put(CREDENTIALS, credentials.changed(request.password_hash, work.recorded_at))
    user_id, own_id = principal.user_id, principal.session_id
    ended = end_sessions(work, user_id, "password_changed", but=own_id)
    work.note("password_changed", "user", principal.user_id)
    work.event("user.password_changed", principal.user_id)
    return Done(ended)


CHANGE_PASSWORD = Command("auth.change_password", "profile:write", _needs, _change)


@dataclass(slots=True, eq=False)
class OwnAccount:
    """What the routes under ``/auth`` do for a caller who is signed in."""

    runner: CommandRunner
    reader: Reader
    passwords: Passwords
    tokens: AccessTokens

    async def me(self, principal: Principal) -> MeView:
        """The caller, the company, and what the caller may do there.

        Of an API key, the user who answers for it.
        """
        user_id = principal.on_behalf_of if principal.key_mode else principal.user_id
        needs = Needs().one(USERS, user_id).one(TENANTS, principal.tenant_id)
        loaded = await self.reader.load(None, needs)
        user = read_one(loaded, USERS, user_id)
        tenant = read_one(loaded, TENANTS, principal.tenant_id)
        if user is None or tenant is None:
            raise SessionExpired
        view: MeView = {
            "user_id": show("usr", user.id),
            "session_id": None if principal.key_mode else show("ses", principal.session_id),
            "email": user.email,
            "display_name": user.display_name,
            "company_id": show("cmp", tenant.id),
            "company": tenant.name,
            "role": principal.role,
            "permissions": sorted(principal.permissions),
            "api_key": None,
            "locale": user.locale,
            "time_zone": user.time_zone,
        }
        if principal.key_mode:
            own = Needs().one(API_KEYS, principal.user_id, lock=Lock.NONE)
            loaded = await self.reader.load(principal.tenant_id, own)
            key = read_one(loaded, API_KEYS, principal.user_id)
            if key is None:
                raise ApiKeyOver
            view["api_key"] = calling_key(key)
        return view

    async def end_session(self, principal: Principal, session_id: Id) -> None:
        """End one session of the caller; its access tokens are refused from now on."""
        await answer_of(self.runner, END_SESSION, session_id, principal)
        self.tokens.forget([session_id])

    async def logout_all(self, principal: Principal) -> None:
        """End every session of the caller, this one too."""
        ended = await answer_of(self.runner, LOGOUT_ALL, None, principal)
        self.tokens.forget(session_ids(ended))

    async def change_password(self, principal: Principal, present: str, new: str) -> None:
        """Choose another password and end every other session of the caller.

        A stolen access token could be used to guess here as at a login, so guesses count as there.
        """
        needs = Needs().one(USERS, principal.user_id).one(TENANTS, principal.tenant_id)
        loaded = await self.reader.load(None, needs.one(CREDENTIALS, principal.user_id))
        user = read_one(loaded, USERS, principal.user_id)
        company = read_one(loaded, TENANTS, principal.tenant_id)
        credentials = read_one(loaded, CREDENTIALS, principal.user_id)
        if user is None or company is None or credentials is None:
            raise SessionExpired
        check_password(
            new,
            email=user.email,
            company=company.name,
            pointer="/new_password",
            second_factor=credentials.second_factor,
        )
        guess = user.email_folded, principal.address
        if not await self.passwords.right(guess, present, credentials.password_hash):
            raise PasswordWrong.at("/current_password")
        request = NewPassword(await self.passwords.hash(new), credentials.changed_at)
        ended = await answer_of(self.runner, CHANGE_PASSWORD, request, principal)
        self.tokens.forget(session_ids(ended))
