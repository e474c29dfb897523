"""Resetting a password: a token sent to the owner, good once, not for long (PW-05, ASVS 6.4.3)."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.application.identity.directory.kinds import MEMBERSHIPS, USERS
from app.application.identity.sign_in.recovery import PASSWORD_RESETS
from app.application.shared.kinds import Needs
from app.domain.identity.sign_in.password_reset import PasswordReset
from app.infrastructure.security.throttle import PAIR, RESETS
from tests.api.identity.credentials.support import FIRST, SECOND, Somebody, new_email
from tests.api.identity.sign_in.test_account import choose
from tests.api.identity.support import (
    AUTH,
    COMPANY,
    OTHER_PASSWORD,
    alike,
    change,
    events,
    ids_of,
    me,
    parts_of,
    refresh,
    refusal,
    trail,
)
from tests.support.mailbox import waiting

REFUSED = (422, "auth.reset_invalid", ["/token"])


async def test_the_owner_of_the_address_chooses_another_password(olga: Somebody) -> None:
    """S1-16, RT-03: every session of the user ends, with its access tokens; nobody is signed in."""
    one, two = await olga.login(), await olga.login()
    token = await olga.sent()
    assert (await me(olga.api, one)).status_code == 200  # asking for it changes nothing
    answer = await olga.reset(token)
    assert (answer.status_code, answer.content) == (204, b"")
    for tokens in (one, two):
        assert refusal(await me(olga.api, tokens)) == (401, "auth.session_expired", [])
        assert (await refresh(olga.api, tokens.refresh)).status_code == 401
    assert (await olga.try_login()).status_code == 401
    user_id, tenant_id = await ids_of(olga.api, await olga.login(FIRST))
    assert (await events(olga.api, tenant_id))[-2:] == [
        "user.password_reset_requested",
        "user.password_reset",
    ]
    noted = await trail(olga.api, tenant_id)
    assert noted.count("user password_reset_requested") == 1
    assert noted.count("user password_reset") == 1
    assert noted.count("session ended") == 2
    loaded = await parts_of(olga.api).reader.load(None, Needs().one(USERS, user_id))
    assert loaded.present[USERS][user_id,].email == olga.email


async def test_the_token_is_sealed_in_its_message_and_nowhere_else(
    olga: Somebody, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    user_id, tenant_id = await olga.ids()
    token = await olga.sent()
    [message] = [each for each in await waiting(parts_of(olga.api)) if each.recipient == olga.email]
    assert message.kind == "password_reset"
    assert message.expires_at - message.created_at == timedelta(minutes=30)
    loaded = await parts_of(olga.api).reader.load(None, Needs().one(PASSWORD_RESETS, user_id))
    kept = loaded.present[PASSWORD_RESETS][user_id,]
    assert token.encode() not in message.sealed + kept.token_hash
    assert len(kept.token_hash) == 32
    assert (await olga.reset(token)).status_code == 204
    written = capsys.readouterr()
    for text in (caplog.text, written.out, written.err):
        assert token not in text
    for text in (str(await trail(olga.api, tenant_id)), str(await events(olga.api, tenant_id))):
        assert token not in text


async def test_a_token_is_good_once(olga: Somebody) -> None:
    token = await olga.sent()
    assert (await olga.reset(token)).status_code == 204
    assert refusal(await olga.reset(token, SECOND)) == REFUSED
    await olga.login(FIRST)


async def test_of_resets_at_once_one_wins(olga: Somebody) -> None:
    token = await olga.sent()
    passwords = [f"{FIRST} {number}" for number in range(6)]
    answers = await asyncio.gather(*(olga.reset(token, each) for each in passwords))
    statuses = [each.status_code for each in answers]
    assert sorted(statuses) == [204] + [422] * 5
    await olga.login(passwords[statuses.index(204)])


async def test_of_requests_at_once_the_last_token_counts(olga: Somebody) -> None:
    answers = await asyncio.gather(*(olga.forget() for _ in range(RESETS.pair.free + 1)))
    assert {each.status_code for each in answers} == {202}
    tokens = await olga.tokens_sent()
    assert len(tokens) == RESETS.pair.free + 1
    statuses = [(await olga.reset(token)).status_code for token in tokens]
    assert sorted(statuses) == [204, 422, 422, 422]


async def test_the_newest_token_counts(olga: Somebody) -> None:
    older, newer = await olga.sent(), await olga.sent()
    assert refusal(await olga.reset(older)) == REFUSED
    assert (await olga.reset(newer)).status_code == 204


async def test_a_token_is_good_for_thirty_minutes(olga: Somebody) -> None:
    user_id, _ = await olga.ids()
    token = await olga.sent()

    def lasting(life: timedelta) -> Callable[[PasswordReset], PasswordReset]:
        return lambda each: replace(each, expires_at=each.requested_at + life)

    await change(olga.api, PASSWORD_RESETS, (user_id,), lasting(timedelta(microseconds=1)))
    assert refusal(await olga.reset(token)) == REFUSED
    await change(olga.api, PASSWORD_RESETS, (user_id,), lasting(timedelta(minutes=30)))
    assert (await olga.reset(token)).status_code == 204


async def test_another_choice_of_a_password_uses_the_token_up(olga: Somebody) -> None:
    token = await olga.sent()
    assert (await choose(olga.api, await olga.login())).status_code == 204
    assert refusal(await olga.reset(token)) == REFUSED
    await olga.login(OTHER_PASSWORD)


async def test_made_up_tokens_open_nothing(olga: Somebody) -> None:
    """Neither does one of another user, whose id it names."""
    mine = await olga.login()
    token = await olga.sent()
    eve = Somebody(olga.api, new_email())
    await eve.sign_up()
    foreign = await eve.sent()
    mixed = token[:25] + foreign[25:]
    texts = ("x", "pr_" + "A" * 64, "pr_" + "é" * 64, mixed)
    answers = [await olga.reset(text) for text in texts]
    assert [refusal(each) for each in answers] == [REFUSED] * 4
    assert mixed not in answers[-1].text
    assert (await me(olga.api, mine)).status_code == 200
    assert (await olga.reset(token)).status_code == 204


async def test_a_known_and_an_unknown_address_get_the_same_answer(olga: Somebody) -> None:
    """PW-05: also when too many have asked."""
    nobody = new_email()
    known = [await olga.forget(olga.email.upper()) for _ in range(RESETS.pair.free + 2)]
    unknown = [await olga.forget(nobody) for _ in known]
    for one, other in zip(known, unknown, strict=True):
        assert alike(one, other)
    assert (known[0].status_code, known[0].json()) == (202, {"status": "requested"})
    assert refusal(known[-1])[:2] == (429, "auth.throttled")
    assert len(await olga.tokens_sent()) == RESETS.pair.free + 1
    letters = await waiting(parts_of(olga.api))
    assert nobody not in {each.recipient for each in letters}


@pytest.mark.parametrize("off", ["user", "member"])
async def test_who_may_not_sign_in_is_sent_nothing(olga: Somebody, off: str) -> None:
    """And a token from before opens nothing."""
    user_id, tenant_id = await olga.ids()
    token = await olga.sent()
    kind: Any = USERS if off == "user" else MEMBERSHIPS
    key = (user_id,) if off == "user" else (tenant_id, user_id)
    await change(olga.api, kind, key, lambda each: replace(each, active=False))
    assert (await olga.forget()).json() == {"status": "requested"}
    assert len(await olga.tokens_sent()) == 1
    assert refusal(await olga.reset(token)) == REFUSED
    await change(olga.api, kind, key, lambda each: replace(each, active=True))
    assert (await olga.reset(token)).status_code == 204


async def test_the_policy_holds_and_a_refusal_keeps_the_token(olga: Somebody) -> None:
    """PW-01, PW-02."""
    token = await olga.sent()
    cases = {
        "short": "auth.password_too_short",
        "passwordpassword1": "auth.password_common",  # pragma: allowlist secret
        f"the goods of {COMPANY['name']}": "auth.password_personal",
    }
    for password, code in cases.items():
        assert refusal(await olga.reset(token, password)) == (422, code, ["/new_password"])
    await olga.login()
    assert (await olga.reset(token)).status_code == 204


async def test_wrong_tokens_from_one_place_are_delayed(olga: Somebody) -> None:
    token = await olga.sent()
    for _ in range(PAIR.free + 1):
        assert refusal(await olga.reset("pr_" + "A" * 64)) == REFUSED
    throttled = await olga.reset(token)
    assert refusal(throttled)[:2] == (429, "auth.throttled")
    assert int(throttled.headers["retry-after"]) >= 1


async def test_who_was_kept_out_by_guesses_is_let_in(olga: Somebody) -> None:
    """PW-06."""
    for _ in range(PAIR.free + 1):
        await olga.try_login(OTHER_PASSWORD)
    assert (await olga.try_login()).status_code == 429
    assert (await olga.reset(await olga.sent())).status_code == 204
    await olga.login(FIRST)


async def test_nobody_stays_signed_in_with_the_password_of_before(olga: Somebody) -> None:
    """Logins race with the reset: whichever comes first, the old password has no session after."""
    token = await olga.sent()
    answers = await asyncio.gather(*(olga.try_login() for _ in range(4)), olga.reset(token))
    assert answers[-1].status_code == 204
    for answer in answers[:-1]:
        assert answer.status_code in {200, 401}
        if answer.status_code == 200:
            headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            again = await olga.api.get(f"{AUTH}/me", headers=headers)
            assert refusal(again) == (401, "auth.session_expired", [])
