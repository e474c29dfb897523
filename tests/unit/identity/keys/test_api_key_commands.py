"""What a test key asks for is dropped wherever it is decided, and keys are bounded in number."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.application.catalog.units import UNIT, UNITS
from app.application.identity.directory.kinds import MEMBERSHIPS
from app.application.identity.keys.api_keys import (
    MAKE_KEY,
    NOTE_USE,
    MakeKey,
    NewApiKey,
    UseOfKey,
    permissions_of_keys,
)
from app.application.identity.keys.ports import API_KEY_USES, API_KEYS
from app.application.shared.commands import Call
from app.application.shared.masters import Create
from app.application.shared.trail import AUDIT_ENTRIES, OUTBOX_EVENTS
from app.domain.identity.keys.api_key import KEYS_MAX, ApiKey, ApiKeyUse, Terms
from app.domain.identity.keys.errors import PermissionsBeyondOwn, TooManyApiKeys
from app.domain.identity.members.membership import Membership
from app.domain.shared.errors import NotFound
from app.domain.shared.ids import Id
from tests.support.memory import NOW, Memory


def unit(code: str) -> Create:
    return Create(None, {"code": code, "name": "Crate", "decimals": 0})


def key(number: int) -> ApiKey:
    return ApiKey.new(
        Id(number.to_bytes(16, "big")),
        b"hash",
        Terms("Shop", ("units:read",), ()),
        test=False,
        made_by_id=Id(b"U" * 16),
        at=NOW,
        expires_at=None,
    )


REQUEST = MakeKey(
    Id(b"n" * 16), b"hash", NewApiKey("Shop", ("units:read",), (), test=False, expires_at=None)
)


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_trial_beside_a_change_is_dropped(dry_run: bool) -> None:
    """The kernel keeps nothing of a test key, however its command is run, and all of the others."""
    memory = Memory()
    test = replace(memory.principal, key_mode="test")
    before = {kind: memory.all(kind) for kind in (UNITS, AUDIT_ENTRIES, OUTBOX_EVENTS)}
    calls = [
        Call(UNIT.create, unit("tried"), test, "k1", b"h"),
        Call(UNIT.create, unit("kept"), memory.principal),
        Call(UNIT.create, unit("tried2"), test),
    ]
    views = memory.run_calls(calls, dry_run=dry_run)
    assert [view["code"] for view in views] == ["tried", "kept", "tried2"]
    added = [each for each in memory.all(UNITS) if each not in before[UNITS]]
    assert [each.code for each in added] == ([] if dry_run else ["kept"])
    for kind in (AUDIT_ENTRIES, OUTBOX_EVENTS):
        assert len(memory.all(kind)) - len(before[kind]) == (0 if dry_run else 1)


def test_a_company_has_so_many_keys_and_revoked_ones_do_not_count() -> None:
    memory = Memory()
    principal = memory.principal
    memory.put(
        MEMBERSHIPS, Membership(principal.tenant_id, principal.user_id, "owner", True, version=1)
    )
    memory.put(API_KEYS, *(key(number) for number in range(KEYS_MAX)))
    with pytest.raises(TooManyApiKeys):
        memory.post(MAKE_KEY, REQUEST)
    memory.put(API_KEYS, key(0).revoked(NOW))
    assert memory.post(MAKE_KEY, REQUEST)["version"] == 1


def test_who_is_no_member_makes_no_key() -> None:
    """A key that reached this command, or a member who was switched off."""
    memory = Memory(permissions=permissions_of_keys() | {"api_keys:write"})
    with pytest.raises(PermissionsBeyondOwn):
        memory.post(MAKE_KEY, REQUEST)


def test_a_use_is_noted_when_the_last_one_is_a_minute_old() -> None:
    memory = Memory()
    memory.put(API_KEYS, key(1))
    used = key(1).id
    for seconds in (0, 59, 60, 61):
        memory.post(NOTE_USE, UseOfKey(used, NOW + timedelta(seconds=seconds), "192.0.2.7"))
    assert memory.all(API_KEY_USES) == [ApiKeyUse(used, NOW + timedelta(seconds=60), "192.0.2.7")]
    assert memory.all(AUDIT_ENTRIES) == []
    with pytest.raises(NotFound):
        memory.post(NOTE_USE, UseOfKey(key(2).id, NOW, "192.0.2.7"))
