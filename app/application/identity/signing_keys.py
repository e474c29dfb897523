"""Signing keys: the first one, and their replacement. They belong to no company."""

from dataclasses import replace
from datetime import timedelta

from app.application.identity.ports import ACTIVE_SIGNING_KEYS, SIGNING_KEYS
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Needs
from app.application.shared.permissions import PUBLIC
from app.application.shared.work import Work
from app.domain.identity.signing_key import KeyState, SigningKey
from app.domain.shared.frozen import frozen

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
    for key in work.search(ACTIVE_SIGNING_KEYS):
        work.put(SIGNING_KEYS, key.retired(work.recorded_at))
    _keep(new, work)
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
    return Done(None)


def _keep(new: NewKey, work: Work) -> None:
    key = SigningKey.new(new.kid, new.sealed_private_key, new.public_key, work.recorded_at)
    work.put(SIGNING_KEYS, key)


MAKE_FIRST_KEY = Command("signing_keys.make_first", PUBLIC, _needs, _first)
ROTATE_KEY = Command("signing_keys.rotate", PUBLIC, _needs, _rotate)
REPLACE_KEYS = Command("signing_keys.replace", PUBLIC, _anew_needs, _anew)
