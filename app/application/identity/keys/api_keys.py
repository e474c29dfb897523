"""API keys: made, changed, rotated, revoked.

Secrets never enter the commands; ``ApiKeys`` makes them and shows them to the caller, once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from app.application.identity.directory.granting import caller_needs, held_by, held_now
from app.application.identity.directory.ports import Callers
from app.application.identity.directory.reading import read_one
from app.application.identity.keys.ports import API_KEY_USES, API_KEYS, API_KEYS_IN_USE
from app.application.identity.keys.tokens import ApiKeyToken
from app.application.identity.keys.views import shown_key
from app.application.shared.access import Principal
from app.application.shared.commands import Command, CommandRunner, Done, answer_of
from app.application.shared.kinds import Lock, Needs
from app.application.shared.masters import Edit
from app.application.shared.permissions import PUBLIC, every_permission
from app.application.shared.reading import Reader
from app.application.shared.work import Loaded, Work
from app.domain.identity.keys.api_key import KEYS_MAX, ApiKey, ApiKeyUse, Terms
from app.domain.identity.keys.errors import PermissionsBeyondOwn, TooManyApiKeys
from app.domain.shared.errors import NotFound, StaleVersion
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

USED_AGAIN_AFTER = timedelta(seconds=60)
_PERMISSION = "api_keys:write"

# What only a person does: the own sign-in, and who may do what for the company.
_IN_PERSON = ("profile", "members", "roles", "api_keys", "companies", "company_deletion")


@cache
def permissions_of_keys() -> frozenset[str]:
    """The permissions that a key may be given."""
    return every_permission() - {
        f"{resource}:{access}"
        for resource in _IN_PERSON
        for access in ("read", "write")
        if access == "write" or resource in ("profile", "api_keys")
    }


@frozen
class NewApiKey:
    """What a caller says of a key to be made."""

    name: str
    permissions: tuple[str, ...]
    addresses: tuple[str, ...]
    test: bool
    expires_at: datetime | None


@frozen
class MakeKey:
    """A key to be made; ``id`` and the hash are those of the token that the caller will see."""

    id: Id
    secret_hash: bytes
    new: NewApiKey


@frozen
class RotateKey:
    """A key to get a new secret; without ``expires_at`` it ends when it would have anyway."""

    id: Id
    expected_version: int
    secret_hash: bytes
    overlap: timedelta
    expires_at: datetime | None


@frozen
class UseOfKey:
    """A key called at this instant, from this address."""

    key_id: Id
    at: datetime
    address: str


def shown_needs(key_id: Id) -> Needs:
    """What showing a key takes."""
    return Needs().one(API_KEYS, key_id, lock=Lock.NONE).one(API_KEY_USES, key_id)


def shown(loaded: Loaded, key_id: Id) -> dict[str, Any]:
    """A key of the caller's company.

    Raises:
        NotFound: the company has none with this id.
    """
    key = read_one(loaded, API_KEYS, key_id)
    if key is None:
        raise NotFound
    return shown_key(key, read_one(loaded, API_KEY_USES, key_id))


def _check_held(permissions: tuple[str, ...], work: Work) -> None:
    """Pass when the caller holds all of the permissions now, not when the token was looked up."""
    if not held_now(work).issuperset(permissions):
        raise PermissionsBeyondOwn.at("/permissions")


def _make_needs(_: MakeKey, principal: Principal) -> Needs:
    return caller_needs(principal).search(API_KEYS_IN_USE)


def _make(request: MakeKey, work: Work) -> Done:
    new = request.new
    terms = Terms.checked(new.name, new.permissions, new.addresses, permissions_of_keys())
    _check_held(terms.permissions, work)
    if len(work.search(API_KEYS_IN_USE)) >= KEYS_MAX:
        raise TooManyApiKeys
    key = ApiKey.new(
        request.id,
        request.secret_hash,
        terms,
        test=new.test,
        made_by_id=work.principal.user_id,
        at=work.recorded_at,
        expires_at=new.expires_at,
    )
    saved = work.put(API_KEYS, key)
    view = shown_key(saved)
    work.note("created", "api_key", saved.id, after=view)
    work.event("api_key.created", saved.id, test=saved.test)
    return Done(view, version=saved.version)


def _one_needs(key_id: Id, principal: Principal) -> Needs:
    return caller_needs(principal).one(API_KEYS, key_id).one(API_KEY_USES, key_id)


def _found(key_id: Id, work: Work, expected_version: int | None = None) -> ApiKey:
    key = work.find(API_KEYS, key_id)
    if key is None:
        raise NotFound
    if expected_version not in (None, key.version):
        raise StaleVersion
    return key


def _change(edit: Edit, work: Work) -> Done:
    before = _found(edit.id, work, edit.expected_version)
    _check_held(before.permissions, work)  # a key is changed by somebody who could have made it
    terms = Terms.checked(
        edit.members.get("name", before.name),
        edit.members.get("permissions", before.permissions),
        edit.members.get("addresses", before.addresses),
        permissions_of_keys(),
    )
    _check_held(terms.permissions, work)
    after = before.changed(terms)
    return _kept(before, after, "changed", work)


def _rotate(request: RotateKey, work: Work) -> Done:
    before = _found(request.id, work, request.expected_version)
    # The caller will hold the secret, and so do all that the key may do.
    _check_held(before.permissions, work)
    # A secret that is good no more does not become so again for a while.
    over = before.expires_at <= work.recorded_at or not held_by(work, before.made_by_id)
    after = before.rotated(
        request.secret_hash,
        overlap=timedelta(0) if over else request.overlap,
        made_by_id=work.principal.user_id,
        at=work.recorded_at,
        expires_at=request.expires_at,
    )
    return _kept(before, after, "rotated", work)


def _revoke(key_id: Id, work: Work) -> Done:
    before = _found(key_id, work)
    return _kept(before, before.revoked(work.recorded_at), "revoked", work)


def _kept(before: ApiKey, after: ApiKey, action: str, work: Work) -> Done:
    """Keep a changed key; a change that changes nothing leaves version and trail as they are."""
    use = work.find(API_KEY_USES, before.id)
    old = shown_key(before, use)
    if after == before:
        return Done(old, status=200, version=before.version)
    saved = work.put(API_KEYS, after)
    new = shown_key(saved, use)
    changes = {name: [value, new[name]] for name, value in old.items() if value != new[name]}
    work.note(action, "api_key", saved.id, **changes)
    work.event(f"api_key.{action}", saved.id)
    return Done(new, status=200, version=saved.version)


def _note_use(use: UseOfKey, work: Work) -> Done:
    if work.find(API_KEYS, use.key_id) is None:
        raise NotFound
    before = work.find(API_KEY_USES, use.key_id)
    # Other nodes write it down as well; one line a minute is enough.
    if before is None or use.at - before.last_used_at >= USED_AGAIN_AFTER:
        work.put(API_KEY_USES, ApiKeyUse(use.key_id, use.at, use.address))
    return Done(None)


MAKE_KEY = Command("api_keys.create", _PERMISSION, _make_needs, _make)
CHANGE_KEY: Command[Edit] = Command(
    "api_keys.change", _PERMISSION, lambda edit, caller: _one_needs(edit.id, caller), _change
)
ROTATE_KEY = Command(
    "api_keys.rotate", _PERMISSION, lambda request, caller: _one_needs(request.id, caller), _rotate
)
REVOKE_KEY: Command[Id] = Command("api_keys.revoke", _PERMISSION, _one_needs, _revoke)
NOTE_USE: Command[UseOfKey] = Command(
    "api_keys.note_use",
    PUBLIC,
    lambda use, _: Needs().one(API_KEYS, use.key_id, lock=Lock.NONE).one(API_KEY_USES, use.key_id),
    _note_use,
)


@dataclass(slots=True, eq=False)
class ApiKeys:
    """Makes and rotates the API keys of companies. The caller alone sees a secret, once."""

    runner: CommandRunner
    reader: Reader
    tokens: Callers
    new_id: Callable[[], Id]

    async def make(self, principal: Principal, new: NewApiKey) -> dict[str, Any]:
        """Make a key; refused as ``MAKE_KEY``."""
        token = ApiKeyToken.fresh(principal.tenant_id, self.new_id(), test=new.test)
        request = MakeKey(token.key_id, token.secret_hash, new)
        view = await answer_of(self.runner, MAKE_KEY, request, principal)
        return {**view, "key": str(token)}

    async def rotate(
        self,
        principal: Principal,
        key_id: Id,
        expected_version: int,
        overlap: timedelta,
        expires_at: datetime | None,
    ) -> dict[str, Any]:
        """Give a key a new secret, as ``ROTATE_KEY``; the old one stays good for ``overlap``."""
        loaded = await self.reader.load(
            principal.tenant_id, Needs().one(API_KEYS, key_id, lock=Lock.NONE)
        )
        key: ApiKey | None = read_one(loaded, API_KEYS, key_id)
        if key is None:
            raise NotFound
        token = ApiKeyToken.fresh(principal.tenant_id, key_id, test=key.test)
        request = RotateKey(key_id, expected_version, token.secret_hash, overlap, expires_at)
        view = await answer_of(self.runner, ROTATE_KEY, request, principal)
        self.tokens.forget_key(principal.tenant_id, key_id)
        return {**view, "key": str(token)}
