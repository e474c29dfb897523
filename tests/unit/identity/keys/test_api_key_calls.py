"""Keys that call, without a database: looked up seldom, never for longer than the bound (S0-07)."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.application.identity.keys.api_keys import UseOfKey, permissions_of_keys
from app.application.identity.keys.ports import KeyAccess
from app.application.identity.keys.tokens import ApiKeyToken
from app.application.shared.access import Principal
from app.application.shared.commands import Answer, Call, Outcome
from app.application.shared.permissions import built_in_roles
from app.domain.identity.keys.errors import AddressRefused, ApiKeyOver
from app.domain.identity.sign_in.errors import Unauthenticated
from app.domain.shared.errors import ServiceUnavailable
from app.domain.shared.ids import Id
from app.infrastructure.security.api_keys import CachedApiKeys, is_api_key
from app.infrastructure.security.key_uses import RecordedKeyUses
from tests.unit.identity.fakes import START, HandClock

TENANT, KEY, MAKER = Id(b"t" * 16), Id(b"k" * 16), Id(b"m" * 16)
TOKEN = ApiKeyToken.fresh(TENANT, KEY, test=False)
HERE = "192.0.2.7"
ACCESS = KeyAccess(
    key_id=KEY,
    tenant_id=TENANT,
    made_by_id=MAKER,
    held=built_in_roles()["owner"],
    test=False,
    permissions=frozenset({"units:read", "sales:write"}),
    addresses=(),
    secret_hash=TOKEN.secret_hash,
    previous_hash=None,
    previous_expires_at=None,
    expires_at=START + timedelta(days=1),
    revoked=False,
)


class Stand:
    """A node: its clock, one key, and what it asked for and noted."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.found: KeyAccess | None = ACCESS
        self.looks = 0
        self.noted: list[str] = []
        self.held: asyncio.Event | None = None
        self.failure: Exception | None = None
        self.keys = CachedApiKeys(self, self, self.clock, monotonic=self.clock.monotonic)

    async def access(self, tenant_id: Id, key_id: Id) -> KeyAccess | None:
        self.looks += 1
        if self.failure is not None:
            raise self.failure
        found = self.found if (tenant_id, key_id) == (TENANT, KEY) else None
        if self.held is not None:
            await self.held.wait()
        return found

    def note(self, principal: Principal, address: str) -> None:
        self.noted.append(address)

    async def close(self) -> None:
        self.noted.append("closed")

    async def asked(self, times: int) -> None:
        for _ in range(10):  # as many turns of the loop as a look-up takes to begin
            await asyncio.sleep(0)
        assert self.looks == times

    async def ask(self, token: ApiKeyToken = TOKEN, address: str = HERE) -> Principal:
        return await self.keys.verify(str(token), address)


@pytest.fixture
def stand() -> Stand:
    return Stand()


async def test_a_caller_is_the_key_and_answers_to_its_maker(stand: Stand) -> None:
    principal = await stand.ask()
    assert (principal.user_id, principal.on_behalf_of) == (KEY, MAKER)
    assert (principal.role, principal.key_mode) == ("api_key", "live")
    assert principal.permissions == ACCESS.permissions
    assert stand.noted == [HERE]


async def test_what_the_maker_does_not_hold_the_key_does_not_either(stand: Stand) -> None:
    roles = built_in_roles()
    stand.found = replace(ACCESS, held=roles["viewer"], permissions=roles["owner"])
    assert (await stand.ask()).permissions == built_in_roles()["viewer"] & permissions_of_keys()
    assert "profile:read" not in (await stand.ask()).permissions


async def test_one_look_up_serves_all_for_five_seconds(stand: Stand) -> None:
    await asyncio.gather(*(stand.ask() for _ in range(10)))
    assert stand.looks == 1
    stand.clock.move(seconds=2.9)
    await stand.ask()
    assert stand.looks == 1
    stand.clock.move(seconds=0.2)  # now it is looked up again in the background
    stand.found = replace(ACCESS, revoked=True)
    await stand.ask()
    await stand.asked(2)
    await asyncio.sleep(0)
    with pytest.raises(ApiKeyOver):
        await stand.ask()


async def test_an_old_answer_ends_with_the_bound_even_if_no_look_up_works(stand: Stand) -> None:
    await stand.ask()
    stand.failure = ServiceUnavailable()
    stand.clock.move(seconds=4.9)
    assert (await stand.ask()).user_id == KEY
    stand.clock.move(seconds=0.1)
    assert stand.keys.known(str(TOKEN), HERE) is None
    with pytest.raises(ServiceUnavailable):
        await stand.ask()


async def test_a_look_up_that_began_before_the_change_is_not_remembered(stand: Stand) -> None:
    stand.held = asyncio.Event()
    early = asyncio.create_task(stand.ask())
    await stand.asked(1)
    stand.found = replace(ACCESS, revoked=True)
    stand.keys.forget(TENANT, KEY)
    stand.held.set()
    assert (await early).user_id == KEY  # its request was here before the change
    with pytest.raises(ApiKeyOver):
        await stand.ask()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"revoked": True}, ApiKeyOver),
        ({"held": None}, ApiKeyOver),
        ({"expires_at": START}, ApiKeyOver),
        ({"test": True}, Unauthenticated),
        ({"secret_hash": b"x" * 32}, Unauthenticated),
        ({"addresses": ("198.51.100.0/24",)}, AddressRefused),
    ],
)
async def test_a_key_is_good_or_it_is_not(
    stand: Stand, change: dict[str, Any], error: type[Exception]
) -> None:
    """Exactly this refusal, no use is noted, and nobody is known by it."""
    stand.found = replace(ACCESS, **change)
    with pytest.raises(error) as refused:
        await stand.ask()
    assert type(refused.value) is error
    assert stand.noted == []
    assert stand.keys.known(str(TOKEN), HERE) is None


async def test_the_secret_before_is_good_until_its_instant(stand: Stand) -> None:
    before = ApiKeyToken.fresh(TENANT, KEY, test=False)
    stand.found = replace(
        ACCESS, previous_hash=before.secret_hash, previous_expires_at=START + timedelta(seconds=2)
    )
    assert (await stand.ask(before)).user_id == KEY
    assert (await stand.ask()).user_id == KEY
    stand.clock.move(seconds=2)
    with pytest.raises(ApiKeyOver):
        await stand.ask(before)
    assert (await stand.ask()).user_id == KEY


async def test_made_up_keys_are_not_remembered(stand: Stand) -> None:
    other = ApiKeyToken.fresh(TENANT, MAKER, test=False)
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await stand.ask(other)
    assert stand.looks == 2
    with pytest.raises(Unauthenticated):
        await stand.keys.verify("tp_live_x", HERE)
    assert stand.looks == 2


async def test_a_caller_known_a_moment_ago_is_known_without_a_look(stand: Stand) -> None:
    assert stand.keys.known(str(TOKEN), HERE) is None
    principal = await stand.ask()
    assert stand.keys.known(str(TOKEN), HERE) is principal
    assert stand.looks == 1


async def test_the_keys_of_a_member_are_forgotten_with_him(stand: Stand) -> None:
    await stand.ask()
    stand.keys.forget_maker(TENANT, KEY)
    await stand.ask()
    assert stand.looks == 1
    stand.keys.forget_maker(TENANT, MAKER)
    await stand.ask()
    assert stand.looks == 2


async def test_closing_writes_down_what_is_left(stand: Stand) -> None:
    stand.held = asyncio.Event()
    asking = asyncio.create_task(stand.ask())
    await stand.asked(1)
    await stand.keys.close()
    assert stand.noted == ["closed"]
    with pytest.raises(asyncio.CancelledError):
        await asking


def test_only_our_prefixes_are_keys() -> None:
    assert is_api_key("tp_live_x")
    assert is_api_key("tp_test_x")
    assert not is_api_key("eyJ0eXAi.tp_live_")


class Runner:
    """Keeps the calls; refuses when told to."""

    def __init__(self) -> None:
        self.calls: list[Call[UseOfKey]] = []
        self.failure: Exception | None = None

    async def run(
        self, calls: Any, *, atomic: bool = False, dry_run: bool = False
    ) -> list[Outcome]:
        self.calls += calls
        if self.failure is not None:
            raise self.failure
        return [Answer(201, b"null")]


async def test_uses_are_written_once_a_minute_and_a_lost_one_hurts_nobody() -> None:
    clock, runner = HandClock(), Runner()
    uses = RecordedKeyUses(runner, clock, clock.monotonic)
    caller = Principal(TENANT, KEY, on_behalf_of=MAKER, key_mode="live")
    for seconds in (0, 30, 29.9, 0.1):
        clock.move(seconds=seconds)
        uses.note(caller, HERE)
    await uses.close()
    assert [each.input.at for each in runner.calls] == [START, START + timedelta(seconds=60)]
    assert runner.calls[0].principal.user_id == MAKER
    runner.failure = ServiceUnavailable()
    clock.move(seconds=60)
    uses.note(caller, HERE)
    await uses.close()
    assert len(runner.calls) == 3
