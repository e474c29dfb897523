"""Signing keys: the first one, and their replacement. They belong to no company."""

from dataclasses import dataclass

from app.application.identity.ports import ACTIVE_SIGNING_KEYS, SIGNING_KEYS
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Needs
from app.application.shared.permissions import PUBLIC
from app.application.shared.work import Work
from app.domain.identity.signing_key import SigningKey


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key pair as it is kept."""

    kid: str
    sealed_private_key: bytes
    public_key: bytes


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


def _keep(new: NewKey, work: Work) -> None:
    key = SigningKey.new(new.kid, new.sealed_private_key, new.public_key, work.recorded_at)
    work.put(SIGNING_KEYS, key)


MAKE_FIRST_KEY = Command("signing_keys.make_first", PUBLIC, _needs, _first)
ROTATE_KEY = Command("signing_keys.rotate", PUBLIC, _needs, _rotate)
