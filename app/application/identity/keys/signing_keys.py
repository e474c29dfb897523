"""Signing keys: the first one, and their replacement. They belong to no company."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from app.application.identity.audit.operator_actions import record_action
from app.application.identity.directory.kinds import LIVE_SESSIONS_OF_USER
from app.application.identity.directory.sessions import end_sessions
from app.application.identity.keys.ports import (
    ACTIVE_SIGNING_KEYS,
    SIGNING_KEYS,
    KeyRing,
    SigningKeyStore,
)
from app.application.identity.keys.views import JwksView
from app.application.shared.access import Principal
from app.application.shared.commands import Command, CommandRunner, Done, answer_of
from app.application.shared.kinds import Needs
from app.application.shared.permissions import PUBLIC
from app.application.shared.work import Work
from app.domain.identity.keys.signing_key import KeyState, SigningKey
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import NO_ID, Id

# A retired key verifies until its last token has expired. One that leaked is said to have been
# retired longer ago than any token lives, so nothing it signed is accepted, nor is it opened again.
_WITHDRAWN = timedelta(days=1)


@frozen
class NewKeyPair:
    """A key pair as it is kept."""

    kid: str
    sealed_private_key: bytes
    public_key: bytes


@frozen
class NewStart:
    """A key pair that takes the place of all of ``leaked`` (their ids)."""

    key: NewKeyPair
    leaked: tuple[str, ...]


def _needs(_: NewKeyPair, __: Principal) -> Needs:
    return Needs().search(ACTIVE_SIGNING_KEYS)


def _first(new: NewKeyPair, work: Work) -> Done:
    # Two nodes that start at once may both get here; two active keys do no harm.
    if not work.search(ACTIVE_SIGNING_KEYS):
        _keep(new, work)
    return Done(None)


def _rotate(new: NewKeyPair, work: Work) -> Done:
    before = work.search(ACTIVE_SIGNING_KEYS)
    for key in before:
        work.put(SIGNING_KEYS, key.retired(work.recorded_at))
    _keep(new, work)
    record_action(
        work, "signing_key.rotated", "", before=sorted(key.kid for key in before), after=new.kid
    )
    return Done(None)


def _anew_needs(start: NewStart, _: Principal) -> Needs:
    needs = Needs()
    for kid in start.leaked:
        needs = needs.one(SIGNING_KEYS, kid)
    return needs


def _anew(start: NewStart, work: Work) -> Done:
    for kid in start.leaked:
        key = work.get(SIGNING_KEYS, kid)
        withdrawn_at = work.recorded_at - _WITHDRAWN
        work.put(SIGNING_KEYS, replace(key, state=KeyState.RETIRED, retired_at=withdrawn_at))
    _keep(start.key, work)
    record_action(
        work, "signing_key.replaced", "", before=sorted(start.leaked), after=start.key.kid
    )
    return Done(None)


def _keep(new: NewKeyPair, work: Work) -> None:
    key = SigningKey.new(new.kid, new.sealed_private_key, new.public_key, work.recorded_at)
    work.put(SIGNING_KEYS, key)


def _end_all_sessions(_: None, work: Work) -> Done:
    return Done(len(end_sessions(work, work.principal.user_id, "keys_replaced")))


MAKE_FIRST_KEY = Command("signing_keys.make_first", PUBLIC, _needs, _first)
ROTATE_KEY = Command("signing_keys.rotate", PUBLIC, _needs, _rotate)
REPLACE_KEYS = Command("signing_keys.replace", PUBLIC, _anew_needs, _anew)
END_ALL_SESSIONS: Command[None] = Command(
    "auth.revoke_all",
    PUBLIC,
    lambda _, principal: Needs().search(LIVE_SESSIONS_OF_USER, principal.user_id),
    _end_all_sessions,
)


@dataclass(slots=True, eq=False)
class SigningKeys:
    """The signing keys of this service: opened, replaced, published."""

    runner: CommandRunner
    stored: SigningKeyStore
    ring: KeyRing

    async def start(self) -> None:
        """Open the keys; the first start makes the first one."""
        if not await self.ring.load():
            await self._make(MAKE_FIRST_KEY)

    async def rotate(self) -> None:
        """Make a new key to sign with; tokens signed before stay good until they expire.

        Nodes sign with it when each of them has had the time to read it, within seconds.
        """
        await self.ring.load()  # a wrong secret is refused before anything is made under it
        await self._make(ROTATE_KEY)

    async def start_anew(self, signed_in: Sequence[tuple[Id, Id]]) -> int:
        """After a leak: withdraw every key for a new one, and end the sessions of everyone.

        ``signed_in`` are company and user of the live sessions. The old keys need not open under
        the present secret. Returns how many sessions were ended.
        """
        leaked = tuple(key.kid for key in await self.stored.signing_keys())
        start = NewStart(NewKeyPair(*self.ring.make()), leaked)
        await answer_of(self.runner, REPLACE_KEYS, start, Principal(NO_ID, NO_ID))
        await self.ring.load()
        ended = 0
        for tenant_id, user_id in signed_in:
            ended += await answer_of(
                self.runner, END_ALL_SESSIONS, None, Principal(tenant_id, user_id)
            )
        return ended

    async def jwks(self) -> JwksView:
        """The public keys behind access tokens."""
        await self.ring.refresh()
        return {"keys": self.ring.jwks()}

    async def _make(self, command: Command[NewKeyPair]) -> None:
        await answer_of(
            self.runner, command, NewKeyPair(*self.ring.make()), Principal(NO_ID, NO_ID)
        )
        await self.ring.load()
