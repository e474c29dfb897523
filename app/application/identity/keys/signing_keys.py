"""Signing keys: the first one, and their replacement. They belong to no company."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from app.application.identity.audit.operator_actions import act
from app.application.identity.directory.ports import (
    ACTIVE_SIGNING_KEYS,
    SIGNING_KEYS,
    Directory,
    KeyRing,
)
from app.application.identity.sign_in.sessions import REVOKE_ALL
from app.application.identity.sign_in.views import JwksView
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
class NewKey:
    """A key pair as it is kept."""

    kid: str
    sealed_private_key: bytes
    public_key: bytes


@frozen
class NewStart:
    """A key pair that takes the place of all of ``leaked`` (their ids)."""

    key: NewKey
    leaked: tuple[str, ...]


def _needs(_: NewKey, __: Principal) -> Needs:
    return Needs().search(ACTIVE_SIGNING_KEYS)


def _first(new: NewKey, work: Work) -> Done:
    # Two nodes that start at once may both get here; two active keys do no harm.
    if not work.search(ACTIVE_SIGNING_KEYS):
        _keep(new, work)
    return Done(None)


def _rotate(new: NewKey, work: Work) -> Done:
    before = work.search(ACTIVE_SIGNING_KEYS)
    for key in before:
        work.put(SIGNING_KEYS, key.retired(work.recorded_at))
    _keep(new, work)
    act(work, "signing_key.rotated", "", before=sorted(key.kid for key in before), after=new.kid)
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
    act(work, "signing_key.replaced", "", before=sorted(start.leaked), after=start.key.kid)
    return Done(None)


def _keep(new: NewKey, work: Work) -> None:
    key = SigningKey.new(new.kid, new.sealed_private_key, new.public_key, work.recorded_at)
    work.put(SIGNING_KEYS, key)


MAKE_FIRST_KEY = Command("signing_keys.make_first", PUBLIC, _needs, _first)
ROTATE_KEY = Command("signing_keys.rotate", PUBLIC, _needs, _rotate)
REPLACE_KEYS = Command("signing_keys.replace", PUBLIC, _anew_needs, _anew)


class Signing:
    """The keys of this service: opened, replaced, published."""

    def __init__(self, *, runner: CommandRunner, directory: Directory, ring: KeyRing) -> None:
        self._runner = runner
        self._directory = directory
        self._ring = ring

    async def start(self) -> None:
        """Open the keys; the first start makes the first one."""
        if not await self._ring.load():
            await self._make(MAKE_FIRST_KEY)

    async def rotate(self) -> None:
        """Make a new key to sign with; tokens signed before stay good until they expire.

        Nodes sign with it when each of them has had the time to read it, within seconds.
        """
        await self._ring.load()  # a wrong secret is refused before anything is made under it
        await self._make(ROTATE_KEY)

    async def start_anew(self, signed_in: Sequence[tuple[Id, Id]]) -> int:
        """After a leak: withdraw every key for a new one, and end the sessions of everyone.

        ``signed_in`` are company and user of the live sessions. The old keys need not open under
        the present secret. Returns how many sessions were ended.
        """
        leaked = tuple(key.kid for key in await self._directory.signing_keys())
        start = NewStart(NewKey(*self._ring.make()), leaked)
        await answer_of(self._runner, REPLACE_KEYS, start, Principal(NO_ID, NO_ID))
        await self._ring.load()
        ended = 0
        for tenant_id, user_id in signed_in:
            ended += await answer_of(self._runner, REVOKE_ALL, None, Principal(tenant_id, user_id))
        return ended

    async def fresh(self) -> None:
        """See the keys that other nodes made a moment ago, before something is signed."""
        await self._ring.refresh()

    async def jwks(self) -> JwksView:
        """The public keys behind access tokens."""
        await self._ring.refresh()
        return {"keys": self._ring.jwks()}

    async def _make(self, command: Command[NewKey]) -> None:
        await answer_of(self._runner, command, NewKey(*self._ring.make()), Principal(NO_ID, NO_ID))
        await self._ring.load()
