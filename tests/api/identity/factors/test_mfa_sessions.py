"""Second factors and the sessions of their users: what ends with them, and who learns of them."""

import asyncio

import httpx

from tests.api.identity.factors.support import Hand, User, refused
from tests.api.identity.support import (
    AUTH,
    OTHER_PASSWORD,
    PASSWORD,
    alike,
    events,
)
from tests.support.authenticator import App

WRONG = (401, "auth.second_factor_wrong")
OVER = (401, "auth.mfa_token_invalid")


async def test_the_first_factor_ends_what_was_opened_without_it(user: User) -> None:
    """ASVS 7.4.3: sessions opened by password alone end; the session that enrolled stays."""
    login = {"email": user.email, "password": PASSWORD}
    before = (await user.client.post(f"{AUTH}/login", json=login)).json()
    await user.enrol()
    headers = {"Authorization": f"Bearer {before['access_token']}"}
    over = await user.client.get(f"{AUTH}/me", headers=headers)
    assert refused(over) == (401, "auth.session_expired")
    assert (await user.get("/auth/me")).status_code == 200
    await user.enrol()  # not the first one: nobody is signed out by it
    token = (await user.first_step())["mfa_token"]
    assert (await user.verify(token, code=user.code())).status_code == 200


async def test_a_login_under_way_does_not_outlive_the_enrolment(user: User) -> None:
    """Of logins at the moment of the first code none ends up signed in without a factor."""
    user.app = App((await user.post("/auth/mfa/totp")).json()["secret"])
    login = {"email": user.email, "password": PASSWORD}
    requests = [user.client.post(f"{AUTH}/login", json=login) for _ in range(6)]
    confirm = user.post("/auth/mfa/totp/confirm", {"code": user.code()})
    answers = await asyncio.gather(*requests[:3], confirm, *requests[3:])
    assert answers[3].status_code == 200
    for answer in (each for each in answers if "access_token" in each.json()):
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert (await user.client.get(f"{AUTH}/me", headers=headers)).status_code == 401


async def test_removing_the_app_asks_no_more(user: User) -> None:
    assert refused(await user.delete("/auth/mfa/totp")) == (404, "common.not_found")
    await user.enrol()
    token = (await user.first_step())["mfa_token"]
    elsewhere = (await user.verify(token, code=user.code())).json()["access_token"]
    waiting = (await user.first_step())["mfa_token"]
    assert (await user.delete("/auth/mfa/totp")).status_code == 204
    assert (await user.get("/auth/mfa")).json() == {
        "totp_enabled": False,
        "security_key_count": 0,
        "recovery_codes_left": 0,
        "second_factor_verified": False,
    }
    headers = {"Authorization": f"Bearer {elsewhere}"}
    assert (await user.client.get(f"{AUTH}/me", headers=headers)).status_code == 401
    assert refused(await user.verify(waiting, recovery_code=user.recovery_codes[0])) == WRONG
    login = {"email": user.email, "password": PASSWORD}
    assert (await user.client.post(f"{AUTH}/login", json=login)).status_code == 200
    assert "user.second_factor_removed" in await events(user.client, user.tenant_id)


async def test_a_password_that_changed_ends_a_login_that_waits(user: User, hand: Hand) -> None:
    await user.enrol()
    hand.step()  # no two passwords are chosen at one instant
    token = (await user.first_step())["mfa_token"]
    body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    assert (await user.post("/auth/password", body)).status_code == 204
    assert refused(await user.verify(token, code=user.code())) == OVER
    login = {"email": user.email, "password": OTHER_PASSWORD}
    assert (await user.client.post(f"{AUTH}/login", json=login)).status_code == 202


async def test_a_login_tells_a_second_factor_to_nobody_without_the_password(
    user: User, other: User
) -> None:
    """PW-05: a wrong password is answered as for anybody, with a factor or without."""
    await user.enrol()
    wrong = "no such password at all"
    answers: list[httpx.Response] = [
        await user.client.post(f"{AUTH}/login", json={"email": email, "password": wrong})
        for email in (user.email, other.email, "nobody@north.example")
    ]
    assert {refused(each) for each in answers} == {(401, "auth.invalid_credentials")}
    assert alike(answers[0], answers[1])
    assert alike(answers[0], answers[2])
