"""One's own sign-in: sessions seen and ended one by one, another password (RT-03, RT-05, S1-41)."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx

from app.application.identity.directory.kinds import CREDENTIALS, SESSIONS
from app.application.shared.kinds import Needs
from app.domain.identity.sign_in.session import Session
from app.domain.shared.ids import read, show
from app.infrastructure.security.throttle import PAIR
from tests.api.identity.support import (
    AUTH,
    COMPANY,
    EMAIL,
    OTHER_PASSWORD,
    PASSWORD,
    Tokens,
    change,
    events,
    ids_of,
    login,
    me,
    parts_of,
    refresh,
    refusal,
    register,
    sign_up,
    trail,
    try_login,
)

SAME = {"instance": "", "request_id": "", "trace_id": ""}


async def sessions(api: httpx.AsyncClient, tokens: Tokens, query: str = "") -> httpx.Response:
    return await api.get(f"{AUTH}/sessions{query}", headers=tokens.headers)


async def end(api: httpx.AsyncClient, tokens: Tokens, session_id: str) -> httpx.Response:
    return await api.delete(f"{AUTH}/sessions/{session_id}", headers=tokens.headers)


async def own_id(api: httpx.AsyncClient, tokens: Tokens) -> str:
    return str((await me(api, tokens)).json()["session_id"])


async def choose(
    api: httpx.AsyncClient, tokens: Tokens, present: str = PASSWORD, new: str = OTHER_PASSWORD
) -> httpx.Response:
    body = {"current_password": present, "new_password": new}
    return await api.post(f"{AUTH}/password", json=body, headers=tokens.headers)


async def stranger(api: httpx.AsyncClient) -> Tokens:
    """Somebody else, of another company."""
    await register(api, email="eve@south.example", company={"name": "South Goods"})
    return await login(api, "eve@south.example")


async def test_the_sessions_of_the_caller_are_listed(api: httpx.AsyncClient) -> None:
    first = await sign_up(api)
    await stranger(api)
    api.headers["user-agent"] = "Till 3"
    second = await login(api)
    answer = await sessions(api, second)
    assert answer.status_code == 200
    old, new = answer.json()["data"]
    assert (old["id"], new["id"]) == (await own_id(api, first), await own_id(api, second))
    assert (old["device"].split("/")[0], new["device"]) == ("python-httpx", "Till 3")
    assert {each["company"] for each in (old, new)} == {COMPANY["name"]}
    assert {each["address"] for each in (old, new)} == {"127.0.0.1"}
    assert new.keys() == {
        "id",
        "company",
        "device",
        "address",
        "created_at",
        "last_used_at",
        "expires_at",
    }
    assert new["created_at"] == new["last_used_at"] < new["expires_at"]


async def test_sessions_come_in_pages(api: httpx.AsyncClient) -> None:
    """A cursor goes on although the instant that the list is of has moved."""
    tokens = [await sign_up(api), *[await login(api) for _ in range(2)]]
    ids = [await own_id(api, each) for each in tokens]
    first = (await sessions(api, tokens[0], "?limit=2&sort=-id")).json()
    assert [each["id"] for each in first["data"]] == [ids[2], ids[1]]
    rest = await sessions(api, tokens[0], f"?limit=2&sort=-id&cursor={first['next_cursor']}")
    assert [each["id"] for each in rest.json()["data"]] == [ids[0]]
    assert rest.json()["has_more"] is False


async def test_what_is_over_is_not_listed(api: httpx.AsyncClient) -> None:
    tokens = [await sign_up(api), await login(api), await login(api)]
    await api.post(f"{AUTH}/logout", json={"refresh_token": tokens[1].refresh})

    def older(session: Session) -> Session:
        return replace_times(session, timedelta(days=8))

    expired = read("ses", await own_id(api, tokens[2]))
    await change(api, SESSIONS, (expired,), older)
    listed = (await sessions(api, tokens[0])).json()["data"]
    assert [each["id"] for each in listed] == [await own_id(api, tokens[0])]


def replace_times(session: Session, by: timedelta) -> Session:
    """The session as if all of it had been ``by`` earlier."""
    names = ("created_at", "last_used_at", "expires_at", "ends_at")
    return replace(session, **{name: getattr(session, name) - by for name in names})


async def test_one_session_is_ended_and_the_others_go_on(api: httpx.AsyncClient) -> None:
    mine, lost = await sign_up(api), await login(api)
    lost_id = await own_id(api, lost)
    answer = await end(api, mine, lost_id)
    assert (answer.status_code, answer.content) == (204, b"")
    assert refusal(await me(api, lost)) == (401, "auth.session_expired", [])
    assert refusal(await refresh(api, lost.refresh))[:2] == (401, "auth.invalid_refresh_token")
    assert (await me(api, mine)).status_code == 200
    _, tenant_id = await ids_of(api, mine)
    assert (await trail(api, tenant_id))[-1] == "session ended"


async def test_a_session_that_is_not_the_callers_is_not_there(api: httpx.AsyncClient) -> None:
    """TE-05: of somebody else, over, never made, of no form: the same answer, nothing ended."""
    mine, other = await sign_up(api), await stranger(api)
    over = await login(api)
    over_id = await own_id(api, over)
    await end(api, mine, over_id)
    _, tenant_id = await ids_of(api, mine)
    before = await trail(api, tenant_id)
    foreign = await end(api, mine, await own_id(api, other))
    assert refusal(foreign) == (404, "common.not_found", [])
    for id_ in (over_id, show("ses", bytes(16)), "ses_x", "1"):
        missing = await end(api, mine, id_)
        # But for the path that was asked for.
        assert {**missing.json(), **SAME} == {**foreign.json(), **SAME}
    assert await trail(api, tenant_id) == before
    assert (await me(api, other)).status_code == 200


async def test_a_session_is_ended_once(api: httpx.AsyncClient) -> None:
    mine, lost = await sign_up(api), await login(api)
    lost_id = await own_id(api, lost)
    answers = await asyncio.gather(*(end(api, mine, lost_id) for _ in range(16)))
    assert sorted(answer.status_code for answer in answers) == [204] + [404] * 15
    _, tenant_id = await ids_of(api, mine)
    assert (await trail(api, tenant_id)).count("session ended") == 1


async def test_another_password_ends_every_other_session(api: httpx.AsyncClient) -> None:
    """RT-03: sessions of the old password end; the session that changed it stays."""
    mine, lost = await sign_up(api), await login(api)
    answer = await choose(api, mine)
    assert (answer.status_code, answer.content) == (204, b"")
    assert refusal(await me(api, lost)) == (401, "auth.session_expired", [])
    assert (await me(api, mine)).status_code == 200
    assert (await refresh(api, mine.refresh)).status_code == 200
    assert (await try_login(api)).status_code == 401
    assert (await try_login(api, password=OTHER_PASSWORD)).status_code == 200
    user_id, tenant_id = await ids_of(api, mine)
    assert (await events(api, tenant_id))[-1] == "user.password_changed"
    assert {"session ended", "user password_changed"} <= set(await trail(api, tenant_id))
    loaded = await parts_of(api).reader.load(None, Needs().one(CREDENTIALS, user_id))
    assert loaded.present[CREDENTIALS][user_id,].password_hash.startswith("$argon2id$")


async def test_a_new_password_meets_the_policy(api: httpx.AsyncClient) -> None:
    mine, other = await sign_up(api), await login(api)
    cases = {
        "short": "auth.password_too_short",
        "x" * 257: "auth.password_too_long",
        "passwordpassword1": "auth.password_common",
        f"the goods of {COMPANY['name']}": "auth.password_personal",
    }
    for password, code in cases.items():
        assert refusal(await choose(api, mine, new=password)) == (422, code, ["/new_password"])
    assert (await me(api, other)).status_code == 200
    assert (await try_login(api)).status_code == 200


async def test_guessing_the_present_password_is_slowed_down(api: httpx.AsyncClient) -> None:
    """Who found an open till must not try passwords there without end."""
    mine = await sign_up(api)
    for _ in range(PAIR.free + 1):
        answer = await choose(api, mine, present="nothing like the password")
        assert refusal(answer) == (422, "auth.password_wrong", ["/current_password"])
    answer = await choose(api, mine)
    assert refusal(answer)[:2] == (429, "auth.throttled")
    assert int(answer.headers["retry-after"]) >= 1
    # Guesses at a login and here are one count.
    assert refusal(await try_login(api))[:2] == (429, "auth.throttled")
    _, tenant_id = await ids_of(api, mine)
    assert "user password_changed" not in await trail(api, tenant_id)


async def test_two_new_passwords_at_once_are_one(api: httpx.AsyncClient) -> None:
    mine = await sign_up(api)
    passwords = [f"{OTHER_PASSWORD} {number}" for number in range(4)]
    answers = await asyncio.gather(*(choose(api, mine, new=each) for each in passwords))
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [204, 409, 409, 409]
    won = passwords[statuses.index(204)]
    for password in passwords:
        status = (await try_login(api, password=password)).status_code
        assert status == (200 if password == won else 401)


async def test_nobody_is_asked_without_a_token(api: httpx.AsyncClient) -> None:
    await register(api)
    body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    assert (await api.post(f"{AUTH}/password", json=body)).status_code == 401
    assert (await api.get(f"{AUTH}/sessions")).status_code == 401
    assert (await api.delete(f"{AUTH}/sessions/{show('ses', bytes(16))}")).status_code == 401
    assert (await try_login(api, EMAIL, PASSWORD)).status_code == 200
