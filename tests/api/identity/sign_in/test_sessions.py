"""Refresh, logout and what an access token is worth afterwards (S1-14, S1-15, RT-01 to RT-04)."""

import asyncio
import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import jwt

from app.application.identity.directory.kinds import SESSIONS, TENANTS, USERS
from app.application.shared.kinds import Needs
from app.domain.identity.sign_in.session import GRACE, Session
from app.domain.shared.ids import Id, read
from tests.api.identity.support import (
    AUTH,
    Tokens,
    change,
    events,
    ids_of,
    login,
    me,
    parts_of,
    refresh,
    refusal,
    sign_up,
    tokens_of,
    trail,
)


def session_id(tokens: Tokens) -> Id:
    claims = jwt.decode(tokens.access, options={"verify_signature": False})
    return read("ses", claims["sid"])


async def stored(api: httpx.AsyncClient, tokens: Tokens) -> Session:
    key = session_id(tokens)
    loaded = await parts_of(api).reader.load(None, Needs().one(SESSIONS, key))
    found: Session = loaded.present[SESSIONS][key,]
    return found


async def age(api: httpx.AsyncClient, tokens: Tokens, by: timedelta) -> None:
    """Let time pass for one session."""

    def older(session: Session) -> Session:
        moved: dict[str, Any] = {
            name: getattr(session, name) - by
            for name in ("rotated_at", "last_used_at", "created_at", "expires_at", "ends_at")
            if getattr(session, name) is not None
        }
        return replace(session, **moved)

    await change(api, SESSIONS, (session_id(tokens),), older)


async def test_a_refresh_gives_new_tokens_of_the_same_session(api: httpx.AsyncClient) -> None:
    first = await sign_up(api)
    session = await stored(api, first)
    assert session.device.startswith("python-httpx")
    assert session.ends_at - session.created_at == timedelta(days=30)
    secret = base64.urlsafe_b64decode(first.refresh.removeprefix("rt_"))
    assert not {secret[:16], secret[16:]} & {session.family_hash, session.token_hash}
    answer = await refresh(api, first.refresh)
    assert answer.status_code == 200
    second = tokens_of(answer)
    assert second.refresh != first.refresh
    assert second.access != first.access
    assert session_id(second) == session_id(first)
    assert (await me(api, second)).status_code == 200
    third = await refresh(api, second.refresh)
    assert third.status_code == 200
    _, tenant_id = await ids_of(api, second)
    assert (await trail(api, tenant_id))[-2:] == ["session refreshed", "session refreshed"]


async def test_of_eight_parallel_refreshes_one_wins_and_the_session_goes_on(
    api: httpx.AsyncClient,
) -> None:
    """RT-02."""
    tokens = await sign_up(api)
    answers = await asyncio.gather(*(refresh(api, tokens.refresh) for _ in range(8)))
    won = [answer for answer in answers if answer.status_code == 200]
    lost = [answer for answer in answers if answer.status_code != 200]
    assert len(won) == 1
    assert {refusal(answer)[:2] for answer in lost} == {(409, "auth.refresh_superseded")}
    assert (await refresh(api, tokens_of(won[0]).refresh)).status_code == 200


async def test_a_lost_answer_is_given_again_within_ten_seconds(api: httpx.AsyncClient) -> None:
    tokens = await sign_up(api)
    lost = tokens_of(await refresh(api, tokens.refresh))
    await age(api, tokens, timedelta(seconds=3))
    again = await refresh(api, tokens.refresh)
    assert again.status_code == 200
    # The token that nobody received is dead; its use is a reuse.
    assert refusal(await refresh(api, lost.refresh)) == (401, "auth.refresh_token_reused", [])


async def test_a_reuse_ends_the_session_and_no_other(api: httpx.AsyncClient) -> None:
    """RT-01."""
    tokens = await sign_up(api)
    elsewhere = await login(api)
    renewed = tokens_of(await refresh(api, tokens.refresh))
    assert (await me(api, renewed)).status_code == 200
    await age(api, tokens, GRACE + timedelta(seconds=1))
    assert refusal(await refresh(api, tokens.refresh)) == (401, "auth.refresh_token_reused", [])
    for access in (tokens, renewed):
        assert refusal(await me(api, access)) == (401, "auth.session_expired", [])
    assert refusal(await refresh(api, renewed.refresh)) == (401, "auth.invalid_refresh_token", [])
    assert (await me(api, elsewhere)).status_code == 200
    _, tenant_id = await ids_of(api, elsewhere)
    assert "session.reuse_detected" in await events(api, tenant_id)
    assert "session ended" in await trail(api, tenant_id)


async def test_a_token_that_was_never_issued_ends_nothing(api: httpx.AsyncClient) -> None:
    tokens = await sign_up(api)
    for text in ("rt_" + "A" * 64, "rt_", "garbage", tokens.access[:200]):
        answer = await refresh(api, text)
        assert refusal(answer) == (401, "auth.invalid_refresh_token", [])
    assert refusal(await me(api, Tokens(tokens.refresh, ""))) == (401, "auth.unauthenticated", [])
    assert (await refresh(api, tokens.refresh)).status_code == 200


async def test_a_session_ends_when_nobody_uses_it_and_when_it_is_old(
    api: httpx.AsyncClient,
) -> None:
    """RT-04."""
    tokens = await sign_up(api)
    await age(api, tokens, timedelta(days=6))
    renewed = tokens_of(await refresh(api, tokens.refresh))
    await age(api, tokens, timedelta(days=7))
    assert refusal(await refresh(api, renewed.refresh)) == (401, "auth.invalid_refresh_token", [])
    old = await login(api)
    await age(api, old, timedelta(days=6))
    for _ in range(3):
        old = tokens_of(await refresh(api, old.refresh))
        await age(api, old, timedelta(days=6))
    answer = await refresh(api, old.refresh)
    assert answer.json()["refresh_expires_in_seconds"] <= 6 * 86_400
    assert answer.status_code == 200
    await age(api, old, timedelta(days=6))
    over = await refresh(api, tokens_of(answer).refresh)
    assert refusal(over) == (401, "auth.invalid_refresh_token", [])


async def test_a_logout_ends_the_session_at_once(api: httpx.AsyncClient) -> None:
    """RT-03."""
    tokens = await sign_up(api)
    assert (await me(api, tokens)).status_code == 200
    for text in ("rt_" + "A" * 64, "garbage", tokens.refresh, tokens.refresh):
        answer = await api.post(f"{AUTH}/logout", json={"refresh_token": text})
        assert (answer.status_code, answer.content) == (204, b"")
    assert refusal(await me(api, tokens)) == (401, "auth.session_expired", [])
    assert refusal(await refresh(api, tokens.refresh)) == (401, "auth.invalid_refresh_token", [])
    _, tenant_id = await ids_of(api, await login(api))
    assert (await trail(api, tenant_id)).count("session ended") == 1


async def test_a_logout_everywhere_ends_all_sessions_of_the_user(api: httpx.AsyncClient) -> None:
    tokens = [await sign_up(api), await login(api), await login(api)]
    for each in tokens:
        assert (await me(api, each)).status_code == 200
    answer = await api.post(f"{AUTH}/logout-all", headers=tokens[1].headers)
    assert (answer.status_code, answer.content) == (204, b"")
    for each in tokens:
        assert refusal(await me(api, each)) == (401, "auth.session_expired", [])
        assert (await refresh(api, each.refresh)).status_code == 401
    await login(api)


async def test_who_is_switched_off_gets_no_new_tokens(api: httpx.AsyncClient) -> None:
    tokens = await sign_up(api)
    user_id, tenant_id = await ids_of(api, tokens)
    await change(api, USERS, (user_id,), lambda user: replace(user, active=False))
    assert refusal(await refresh(api, tokens.refresh)) == (401, "auth.invalid_refresh_token", [])
    await change(api, USERS, (user_id,), lambda user: replace(user, active=True))
    await change(api, TENANTS, (tenant_id,), lambda tenant: replace(tenant, purging=True))
    assert refusal(await refresh(api, tokens.refresh)) == (401, "auth.invalid_refresh_token", [])
    parts_of(api).identity.tokens.forget([session_id(tokens)])
    assert refusal(await me(api, tokens)) == (401, "auth.session_expired", [])
