"""What an administrator does for a member: sign-ins seen, a reset sent, delays lifted (S1-16)."""

from typing import Any

import httpx
import pytest

from app.domain.shared.ids import show
from app.infrastructure.security.throttle import PAIR
from tests.api.identity.credentials.support import (
    FIRST,
    HIRED_PASSWORD,
    Somebody,
    at_a_place,
    new_email,
)
from tests.api.identity.members.test_members import invite, join
from tests.api.identity.support import (
    PASSWORD,
    Tokens,
    events,
    ids_of,
    login,
    me,
    parts_of,
    refusal,
    trail,
    try_login,
)
from tests.support.mailbox import waiting

ACTS = ("reset-password", "lift-throttle", "end-sessions")


async def act(
    somebody: Somebody, tokens: Tokens, member: str, action: str, query: str = "", **headers: str
) -> httpx.Response:
    path = f"/api/v1/members/{member}/{action}{query}"
    return await somebody.api.post(path, headers={**tokens.headers, **headers})


async def listed(somebody: Somebody, tokens: Tokens, member: str = "") -> list[dict[str, Any]]:
    """The sessions in the company, of all members or of one."""
    params = {"user_id": member} if member else {}
    answer = await somebody.api.get("/api/v1/sessions", params=params, headers=tokens.headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def member_id(somebody: Somebody, tokens: Tokens) -> str:
    return show("usr", (await ids_of(somebody.api, tokens))[0])


async def in_both_companies(olga: Somebody) -> tuple[Somebody, Tokens, Tokens]:
    """Eve, an owner of a company of her own, who works for Olga's as well; signed in to both."""
    eve = Somebody(olga.api, new_email())
    await eve.sign_up()
    own = await eve.login()
    invited = await invite(olga.api, await olga.login(), "owner", eve.email)
    assert (await join(olga.api, invited.json()["token"], PASSWORD)).status_code == 204
    _, company_id = await olga.ids()
    body = {"email": eve.email, "password": PASSWORD, "company_id": show("cmp", company_id)}
    answer = await olga.api.post("/api/v1/auth/login", json=body)
    return eve, own, Tokens(answer.json()["access_token"], answer.json()["refresh_token"])


async def test_a_reset_goes_to_the_member_alone_and_signs_him_out(olga: Somebody) -> None:
    """The administrator sees no token, and the present password stays until it is used."""
    emil, signed_in = await olga.hire()
    owner = await olga.login()
    emil_id = await member_id(olga, signed_in)
    answer = await act(olga, owner, emil_id, "reset-password")
    assert (answer.status_code, answer.json()) == (202, {"ended": 1})
    assert refusal(await me(olga.api, signed_in)) == (401, "auth.session_expired", [])
    assert (await me(olga.api, owner)).status_code == 200
    await emil.login(HIRED_PASSWORD)
    [token] = await emil.tokens_sent()
    assert (await emil.reset(token)).status_code == 204
    await emil.login(FIRST)
    _, tenant_id = await ids_of(olga.api, owner)
    assert "member.password_reset_sent" in await events(olga.api, tenant_id)
    assert (await trail(olga.api, tenant_id)).count("member password_reset_sent") == 1


async def test_an_owner_of_one_company_takes_over_no_user_of_another(olga: Somebody) -> None:
    """Neither password nor the sessions elsewhere: only those in the company end."""
    eve, elsewhere, here = await in_both_companies(olga)
    eve_id = await member_id(olga, here)
    answer = await act(olga, await olga.login(), eve_id, "reset-password")
    assert answer.json() == {"ended": 1}
    assert refusal(await me(olga.api, here))[0] == 401
    assert (await me(olga.api, elsewhere)).status_code == 200
    await eve.login()
    sent = [each for each in await waiting(parts_of(olga.api)) if each.recipient == eve.email]
    assert len(sent) == 1


async def test_a_repeat_with_its_key_sends_nothing_more(olga: Somebody) -> None:
    """And a trial sends nothing at all."""
    emil, signed_in = await olga.hire()
    owner = await olga.login()
    emil_id = await member_id(olga, signed_in)
    trial = await act(olga, owner, emil_id, "reset-password", "?dry_run=true")
    assert trial.json() == {"ended": 1}
    assert (await me(olga.api, signed_in)).status_code == 200
    assert await emil.tokens_sent() == []
    for _ in range(2):
        answer = await act(olga, owner, emil_id, "reset-password", **{"Idempotency-Key": "r-1"})
        assert (answer.status_code, answer.json()) == (202, {"ended": 1})
    assert len(await emil.tokens_sent()) == 1


async def test_who_may_do_less_acts_on_nobody_who_may_do_more(olga: Somebody) -> None:
    """RB-03: a manager resets a cashier and no owner; a cashier resets nobody."""
    _, manager = await olga.hire("manager")
    _, cashier = await olga.hire("cashier")
    owner_id = show("usr", (await olga.ids())[0])
    cashier_id = await member_id(olga, cashier)
    for action in ACTS:
        refused = await act(olga, manager, owner_id, action)
        assert refusal(refused)[:2] == (403, "members.beyond_own_permissions")
        refused = await act(olga, cashier, cashier_id, action)
        assert refusal(refused)[:2] == (403, "auth.permission_missing")
    assert await olga.tokens_sent() == []
    assert (await act(olga, manager, cashier_id, "reset-password")).status_code == 202


async def test_a_stranger_is_no_member(olga: Somebody) -> None:
    """TE-05: of another company, never made, of no form: the same answer, and nothing is sent."""
    eve = Somebody(olga.api, new_email())
    await eve.sign_up()
    owner = await olga.login()
    foreign = show("usr", (await eve.ids())[0])
    for member in (foreign, show("usr", bytes(16)), "usr_x"):
        for action in ACTS:
            assert refusal(await act(olga, owner, member, action)) == (404, "common.not_found", [])
    assert await listed(olga, owner, foreign) == []
    assert await eve.tokens_sent() == []


async def test_the_sessions_of_a_member_in_this_company_are_listed(olga: Somebody) -> None:
    """RT-05: device, address, created, last used; nothing about other companies."""
    olga.api.headers["user-agent"] = "Till 7"
    eve, _, here = await in_both_companies(olga)
    eve_id = await member_id(olga, here)
    owner = await olga.login()
    [session] = await listed(olga, owner, eve_id)
    everybody = {olga.email, eve.email}
    assert {each["email"] for each in await listed(olga, owner)} == everybody
    assert (session["user_id"], session["email"]) == (eve_id, eve.email)
    assert session["id"] == (await me(olga.api, here)).json()["session_id"]
    assert session["device"] == "Till 7"
    assert session["address"].startswith("10.")
    assert session["created_at"] == session["last_used_at"] < session["expires_at"]
    assert (await act(olga, owner, eve_id, "end-sessions")).json() == {"ended": 1}
    assert await listed(olga, owner, eve_id) == []
    _, cashier = await olga.hire()
    refused = await olga.api.get("/api/v1/sessions", headers=cashier.headers)
    assert refusal(refused)[:2] == (403, "auth.permission_missing")


@pytest.mark.parametrize("how", ["here", "anywhere"])
async def test_an_administrator_lifts_the_delay_of_a_member(
    olga: Somebody, application: Any, how: str
) -> None:
    """PW-06: on every node, at once; the delay of somebody else stays."""
    emil, signed_in = await olga.hire()
    other, _ = await olga.hire()
    emil_id = await member_id(olga, signed_in)
    owner = await olga.login()
    async with at_a_place(application) as elsewhere:
        guesser = olga.api if how == "here" else elsewhere
        for email in (emil.email, other.email):
            for _ in range(PAIR.free + 1):
                await try_login(guesser, email, "nothing like it")
        assert (await try_login(guesser, emil.email, HIRED_PASSWORD)).status_code == 429
        answer = await act(olga, owner, emil_id, "lift-throttle")
        assert (answer.status_code, answer.json()["email"]) == (200, emil.email)
        await login(guesser, emil.email, HIRED_PASSWORD)
        assert (await try_login(guesser, other.email, HIRED_PASSWORD)).status_code == 429
        # It counts once: further guesses are delayed again.
        for _ in range(PAIR.free + 1):
            await try_login(guesser, emil.email, "nothing like it")
        assert (await try_login(guesser, emil.email, HIRED_PASSWORD)).status_code == 429
    _, tenant_id = await ids_of(olga.api, owner)
    assert "member throttle_lifted" in await trail(olga.api, tenant_id)
