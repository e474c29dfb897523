"""Passwords over HTTP: what is accepted, what costs no hash, and when there are too many."""

import time
from typing import Any

import httpx
import pytest

from app.infrastructure.security.throttle import PAIR
from tests.api.identity.credentials.support import FIRST, Somebody, new_email
from tests.api.identity.members.test_members import invite, join
from tests.api.identity.sign_in.test_account import choose
from tests.api.identity.support import (
    AUTH,
    COMPANY,
    PASSWORD,
    alike,
    parts_of,
    refusal,
    register,
)


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("brassy otter hum", id="sixteen"),
        pytest.param("plum basket over quiet water " * 2 + "ink lamp", id="sixty-six"),
        pytest.param("ماء هادئ تحت جسر قديم", id="Arabic"),
        pytest.param("夜の海は静かで深い青色をしている", id="Japanese"),
        pytest.param("🐘🌊🎻🧭🪁🧶🦔🎲🥁🪐🌵🦜🍇🧲🔭", id="signs"),
        pytest.param("  blanks count, also at the ends  ", id="blanks"),
    ],
)
async def test_any_characters_are_accepted_and_all_of_them_count(
    api: httpx.AsyncClient, password: str
) -> None:
    """PW-01: nothing is cut off, trimmed or folded."""
    olga = Somebody(api, new_email())
    answer = await register(api, email=olga.email, password=password)
    assert answer.status_code == 201, answer.text
    await olga.login(password)
    for near in (password[:-1], password + " ", password[:-1] + "_", password.strip()):
        if near != password:
            assert (await olga.try_login(near)).status_code == 401


async def test_the_last_of_256_characters_counts(api: httpx.AsyncClient) -> None:
    """PW-01: no truncation, as bcrypt has it at 72 bytes."""
    olga = Somebody(api, new_email())
    password = f"{PASSWORD}, " * 8 + "and then some!!!"
    assert len(password) == 256
    assert (await register(api, email=olga.email, password=password)).status_code == 201
    await olga.login(password)
    assert (await olga.try_login(password[:-1] + "?")).status_code == 401
    assert (await olga.try_login(password[:72])).status_code == 401


def bodies(password: str) -> dict[str, dict[str, Any]]:
    """Every body that holds a password, by its path."""
    account = {"email": new_email(), "password": password}
    return {
        "register": {**account, "company": COMPANY},
        "login": account,
        "join": {"token": "it_" + "A" * 64, "password": password},
        "password": {"current_password": password, "new_password": password},
        "password/reset": {"token": "pr_" + "A" * 64, "new_password": password},
    }


async def test_a_password_of_a_megabyte_costs_no_hash(
    olga: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PW-04: wherever a password is sent."""
    tokens = await olga.login()
    hashed: list[str] = []

    async def hash_in_pool(*arguments: Any) -> Any:
        hashed.append(str(arguments))

    monkeypatch.setattr(parts_of(olga.api).identity.passwords.hasher, "_in_pool", hash_in_pool)
    for path, body in bodies("a" * 1_000_000).items():
        started = time.perf_counter()
        answer = await olga.api.post(f"{AUTH}/{path}", json=body, headers=tokens.headers)
        assert time.perf_counter() - started < 1, path
        assert refusal(answer)[:2] == (422, "common.validation_failed"), path
        assert "a" * 100 not in answer.text
    assert hashed == []


async def test_when_too_many_wait_the_next_is_asked_to_come_again(
    olga: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PW-03: 503 with Retry-After, alike for known and unknown; nothing is done or counted."""
    tokens = await olga.login()
    token = await olga.sent()
    invited = await invite(olga.api, tokens, email=new_email())
    hasher = parts_of(olga.api).identity.passwords.hasher
    with monkeypatch.context() as patch:
        patch.setattr(hasher, "_waiting_max", 0)
        answers = [
            await olga.try_login(),
            await Somebody(olga.api, new_email()).try_login(),
            await register(olga.api, email=new_email()),
            await join(olga.api, invited.json()["token"]),
            await choose(olga.api, tokens),
            await olga.reset(token),
        ]
        for answer in answers:
            assert refusal(answer) == (503, "auth.busy", [])
            assert int(answer.headers["retry-after"]) >= 1
        assert alike(answers[0], answers[1])
        for _ in range(2 * PAIR.free):
            assert (await olga.try_login()).status_code == 503
    assert (await join(olga.api, invited.json()["token"])).status_code == 204
    assert (await olga.reset(token)).status_code == 204
    await olga.login(FIRST)
