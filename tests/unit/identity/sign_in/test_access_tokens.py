"""Access tokens: what is in them, and how soon an ended session is noticed."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.application.identity.directory.ports import Access
from app.application.shared.access import STEP_UP_LIFE
from app.application.shared.permissions import built_in_roles
from app.domain.identity.sign_in.errors import SessionExpired, TokenExpired
from app.domain.shared.errors import ServiceUnavailable
from app.domain.shared.ids import show
from app.infrastructure.security.access_tokens import ACCESS_SECONDS, LEEWAY_SECONDS
from app.infrastructure.security.keys import LOOK_SECONDS
from tests.unit.identity.fakes import START, add_key, key_ring
from tests.unit.identity.stand import ACCESS, SESSION, TENANT, USER, Stand, part


async def test_a_token_says_who_for_how_long_and_by_which_key(stand: Stand) -> None:
    token, seconds = stand.tokens.issue(ACCESS)
    assert seconds == 900
    assert part(token, 0) == {"alg": "EdDSA", "typ": "at+jwt", "kid": stand.ring.signer()[0]}
    claims = part(token, 1)
    now = int(START.timestamp())
    assert claims == {
        "iss": "tradepost",
        "aud": "tradepost-api",
        "sub": show("usr", USER),
        "tid": show("cmp", TENANT),
        "sid": show("ses", SESSION),
        "role": "cashier",
        "jti": claims["jti"],
        "iat": now,
        "nbf": now,
        "exp": now + 900,
    }
    assert claims["jti"] != part(stand.issue(), 1)["jti"]


async def test_the_caller_behind_a_token_holds_the_permissions_of_his_role(stand: Stand) -> None:
    principal = await stand.tokens.verify(stand.issue())
    assert (principal.tenant_id, principal.user_id, principal.session_id) == (TENANT, USER, SESSION)
    assert principal.role == "cashier"
    assert principal.permissions == built_in_roles()["cashier"]


async def test_a_token_expires_and_says_so(stand: Stand) -> None:
    token = stand.issue()
    stand.clock.move(seconds=900 + LEEWAY_SECONDS - 1)
    await stand.tokens.verify(token)
    stand.clock.move(seconds=1)
    with pytest.raises(TokenExpired):
        await stand.tokens.verify(token)
    with pytest.raises(TokenExpired):
        await stand.node().verify(token)


async def test_a_rotated_key_refuses_nobody(stand: Stand) -> None:
    """JW-04: through a rotation, on the node that did it and on another."""
    other_ring = key_ring(stand.directory, stand.clock)
    await other_ring.load()
    before = stand.issue()
    stand.clock.move(minutes=5)
    add_key(stand.directory, stand.ring, stand.clock)
    await stand.ring.load()
    stand.clock.move(seconds=2 * LOOK_SECONDS)
    after = stand.issue()
    assert part(before, 0)["kid"] != part(after, 0)["kid"]
    stand.ring = other_ring
    for tokens in (stand.tokens, stand.node()):
        for token in (before, after):
            assert (await tokens.verify(token)).user_id == USER


async def test_busy_sessions_read_the_database_seldom(stand: Stand) -> None:
    token = stand.issue()
    for _ in range(300):  # a request every tenth of a second
        await stand.tokens.verify(token)
        await stand.looks()
        stand.clock.move(milliseconds=100)
    assert await stand.looks() <= 11


async def test_requests_that_come_together_share_one_look(stand: Stand) -> None:
    token = stand.issue()
    stand.directory.held = asyncio.Event()
    waiting = [asyncio.create_task(stand.tokens.verify(token)) for _ in range(50)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # one client hangs up; the others get their answer
    await asyncio.sleep(0)
    stand.directory.held.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert sum(isinstance(answer, BaseException) for answer in answers) == 1
    assert await stand.looks() == 1


async def test_a_session_ended_elsewhere_is_refused_within_the_stated_time(stand: Stand) -> None:
    token = stand.issue()
    await stand.tokens.verify(token)
    stand.directory.sessions.clear()
    stand.clock.move(seconds=ACCESS_SECONDS)
    with pytest.raises(SessionExpired):
        await stand.tokens.verify(token)


async def test_the_background_look_notices_sooner(stand: Stand) -> None:
    token = stand.issue()
    await stand.tokens.verify(token)
    stand.directory.sessions.clear()
    stand.clock.move(seconds=ACCESS_SECONDS - 1)
    await stand.tokens.verify(token)  # still served, and looks again meanwhile
    await stand.looks()
    with pytest.raises(SessionExpired):
        await stand.tokens.verify(token)


async def test_a_session_ended_here_is_refused_at_once(stand: Stand) -> None:
    token = stand.issue()
    await stand.tokens.verify(token)
    stand.directory.sessions.clear()
    stand.tokens.forget([SESSION])
    assert stand.tokens.known(token) is None
    with pytest.raises(SessionExpired):
        await stand.tokens.verify(token)


async def test_a_look_that_began_before_the_end_is_not_kept(stand: Stand) -> None:
    token = stand.issue()
    stand.directory.held = asyncio.Event()
    early = asyncio.create_task(stand.tokens.verify(token))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    stand.directory.sessions.clear()  # the row was read already, the end commits now
    stand.tokens.forget([SESSION])
    stand.directory.held.set()
    await early
    with pytest.raises(SessionExpired):
        await stand.tokens.verify(token)


async def test_a_changed_role_counts_within_the_stated_time(stand: Stand) -> None:
    """RT-03: what a role may do is looked up, not read from the token."""
    token = stand.issue()
    assert (await stand.tokens.verify(token)).role == "cashier"
    stand.directory.sessions[SESSION] = Access(SESSION, USER, TENANT, "viewer", ACCESS.live_until)
    stand.clock.move(seconds=ACCESS_SECONDS)
    principal = await stand.tokens.verify(token)
    assert principal.permissions == built_in_roles()["viewer"]


async def test_a_role_of_a_company_s_own_counts_as_it_is_now(stand: Stand) -> None:
    """At once where it was changed, elsewhere within the stated time; the session goes on."""
    token, other = stand.issue(), stand.node()

    def hold(*permissions: str) -> None:
        own = replace(ACCESS, role="dock", granted=[*permissions, "gone:read"])
        stand.directory.sessions[SESSION] = own

    hold("stock:read", "sales:read")
    for node in (stand.tokens, other):
        assert (await node.verify(token)).permissions == {"stock:read", "sales:read"}
    hold("stock:read")
    stand.tokens.forget_company(USER)  # another one
    assert "sales:read" in (await stand.tokens.verify(token)).permissions
    stand.tokens.forget_company(TENANT)
    assert (await stand.tokens.verify(token)).permissions == {"stock:read"}
    assert "sales:read" in (await other.verify(token)).permissions
    stand.clock.move(seconds=ACCESS_SECONDS)
    assert (await other.verify(token)).permissions == {"stock:read"}


async def test_a_session_that_nobody_renewed_is_over(stand: Stand) -> None:
    stand.directory.sessions[SESSION] = Access(
        SESSION, USER, TENANT, "cashier", START + timedelta(seconds=2)
    )
    token = stand.issue()
    await stand.tokens.verify(token)
    stand.clock.move(seconds=2)
    with pytest.raises(SessionExpired):
        await stand.tokens.verify(token)


async def test_while_the_database_is_away_the_last_answer_serves_until_its_end(
    stand: Stand,
) -> None:
    token = stand.issue()
    await stand.tokens.verify(token)
    stand.directory.failure = ServiceUnavailable()
    stand.clock.move(seconds=ACCESS_SECONDS - 1)
    await stand.tokens.verify(token)
    await stand.looks()
    await stand.tokens.verify(token)
    stand.clock.move(seconds=1)
    with pytest.raises(ServiceUnavailable):
        await stand.tokens.verify(token)
    stand.directory.failure = None
    assert (await stand.tokens.verify(token)).user_id == USER


async def test_a_verified_caller_is_known_without_a_look(stand: Stand) -> None:
    token = stand.issue()
    assert stand.tokens.known(token) is None
    principal = await stand.tokens.verify(token)
    assert stand.tokens.known(token) is principal
    assert stand.tokens.known("another") is None


async def test_the_end_of_the_service_ends_its_looks(stand: Stand) -> None:
    stand.directory.held = asyncio.Event()
    waiting = asyncio.create_task(stand.tokens.verify(stand.issue()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await stand.tokens.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_the_caller_is_known_as_well_as_his_session(stand: Stand) -> None:
    """MF-02: read with the rest of the state, so a proof is seen after as long at the latest."""
    token = stand.issue()
    assert (await stand.tokens.verify(token)).proved_lately(START) is False
    proved = replace(ACCESS, proved_at=START, mfa_required=True, payout_step_up_required=True)
    stand.directory.sessions[SESSION] = proved
    stand.clock.move(seconds=ACCESS_SECONDS)
    principal = await stand.tokens.verify(token)
    assert (principal.proved_at, principal.second_factor) == (START, False)
    assert (principal.mfa_missing, principal.payout_step_up_required) == (True, True)
    assert principal.proved_lately(START + STEP_UP_LIFE) is True
    assert principal.proved_lately(START + STEP_UP_LIFE + timedelta(seconds=1)) is False
    stand.directory.sessions[SESSION] = replace(proved, second_factor=True)
    stand.tokens.forget([SESSION])
    principal = await stand.tokens.verify(token)
    assert (principal.second_factor, principal.mfa_missing) == (True, False)
