"""Signing in: one answer for every failure, growing delays, strong hashes (S0-06, S0-30)."""

import time
from dataclasses import replace
from statistics import median

import bcrypt
import httpx

from app.application.identity.directory.kinds import CREDENTIALS, MEMBERSHIPS, TENANTS, USERS
from app.application.shared.kinds import Needs
from app.infrastructure.security.throttle import PAIR
from tests.api.identity.support import (
    AUTH,
    EMAIL,
    OTHER_PASSWORD,
    PASSWORD,
    alike,
    change,
    ids_of,
    login,
    me,
    parts_of,
    refusal,
    register,
    sign_up,
    try_login,
)


async def test_a_login_gives_a_pair_of_tokens(api: httpx.AsyncClient) -> None:
    await sign_up(api)
    answer = await try_login(api, email=" OLGA@north.example")
    body = answer.json()
    assert body.keys() == {
        "access_token",
        "token_type",
        "expires_in_seconds",
        "refresh_token",
        "refresh_expires_in_seconds",
    }
    assert (body["token_type"], body["expires_in_seconds"]) == ("Bearer", 900)
    assert body["refresh_token"].startswith("rt_")
    assert body["refresh_expires_in_seconds"] == 7 * 86_400
    assert answer.headers["cache-control"] == "no-store"


async def test_spellings_of_one_password_are_one(api: httpx.AsyncClient) -> None:
    composed, combining, plain = (f"caf{e} basket over water" for e in ("\u00e9", "e\u0301", "e"))
    await register(api, password=composed)
    await login(api, password=combining)
    assert (await try_login(api, password=plain)).status_code == 401


async def test_every_failure_looks_the_same(api: httpx.AsyncClient) -> None:
    """PW-05: unknown address, wrong password, user switched off, company being deleted."""
    user_id, tenant_id = await ids_of(api, await sign_up(api))
    unknown = await try_login(api, email="nobody@north.example")
    assert refusal(unknown) == (401, "auth.invalid_credentials", [])
    assert unknown.headers["www-authenticate"].startswith("Bearer")
    assert alike(unknown, await try_login(api, password=OTHER_PASSWORD))
    assert alike(unknown, await try_login(api, email="no address at all"))
    await change(api, USERS, (user_id,), lambda user: replace(user, active=False))
    assert alike(unknown, await try_login(api))
    await change(api, USERS, (user_id,), lambda user: replace(user, active=True))
    await change(api, TENANTS, (tenant_id,), lambda tenant: replace(tenant, purging=True))
    assert alike(unknown, await try_login(api))


async def test_the_time_does_not_tell_whether_an_address_is_known(api: httpx.AsyncClient) -> None:
    await sign_up(api)
    known: list[float] = []
    unknown: list[float] = []
    for attempt in range(7):
        for times, email in ((known, EMAIL), (unknown, f"nobody{attempt}@north.example")):
            started = time.perf_counter()
            await try_login(api, email=email, password=OTHER_PASSWORD)
            times.append(time.perf_counter() - started)
    assert 0.5 < min(known) / min(unknown) < 2
    assert 0.4 < median(known) / median(unknown) < 2.5


async def test_guesses_are_delayed_and_so_is_the_right_password(api: httpx.AsyncClient) -> None:
    """PW-06."""
    await sign_up(api)
    for _ in range(PAIR.free + 1):
        assert (await try_login(api, password=OTHER_PASSWORD)).status_code == 401
    throttled = await try_login(api)
    assert refusal(throttled) == (429, "auth.throttled", [])
    assert throttled.headers["retry-after"] == "1"
    assert throttled.json()["retry_after_seconds"] == 1
    # Somebody else is not concerned.
    assert (await try_login(api, email="ivan@south.example")).status_code == 401


async def test_an_unknown_address_is_throttled_like_a_known_one(api: httpx.AsyncClient) -> None:
    await sign_up(api)
    answers = {}
    for email in (EMAIL, "nobody@north.example"):
        answers[email] = [
            await try_login(api, email=email, password=OTHER_PASSWORD) for _ in range(PAIR.free + 2)
        ]
    for one, other in zip(*answers.values(), strict=True):
        assert alike(one, other)


async def test_a_bcrypt_hash_becomes_argon2_at_the_next_login(api: httpx.AsyncClient) -> None:
    user_id, _ = await ids_of(api, await sign_up(api))
    legacy = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    await change(api, CREDENTIALS, (user_id,), lambda each: replace(each, password_hash=legacy))
    assert (await try_login(api, password=OTHER_PASSWORD)).status_code == 401
    await login(api)
    loaded = await parts_of(api).reader.load(None, Needs().one(CREDENTIALS, user_id))
    stored = loaded.present[CREDENTIALS][user_id,].password_hash
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    await login(api)


async def test_a_role_that_was_changed_counts_from_the_next_login(api: httpx.AsyncClient) -> None:
    user_id, tenant_id = await ids_of(api, await sign_up(api))
    await change(api, MEMBERSHIPS, (tenant_id, user_id), lambda each: replace(each, role="viewer"))
    tokens = await login(api)
    found = (await me(api, tokens)).json()
    assert found["role"] == "viewer"
    assert "companies:write" not in found["permissions"]
    refused = await api.patch(
        "/api/v1/companies/current",
        json={"name": "Mine"},
        headers={**tokens.headers, "If-Match": '"1"'},
    )
    assert refusal(refused) == (403, "auth.permission_missing", [])


async def test_a_body_without_its_form_is_refused(api: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    deep = b'{"a":' * 70 + b"1" + b"}" * 70
    for path in ("register", "login", "refresh", "logout"):
        for body in (b"", b"[]", b"null", b"{}", b'{"email":NaN}', deep):
            answer = await api.post(f"{AUTH}/{path}", content=body, headers=headers)
            status, code, _ = refusal(answer)
            assert status in {400, 422}
            assert code.startswith("common.")
