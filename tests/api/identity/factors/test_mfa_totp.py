"""Codes of an app and recovery codes (MF-01; ASVS 5.0, 6.5)."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select

from app.application.identity.factors.ports import SECOND_FACTORS
from app.application.identity.factors.proving import CHALLENGE_TOKEN
from app.application.shared.kinds import Needs
from app.domain.identity.factors.second_factor import FAILURES_FREE, PENDING
from app.infrastructure.db.kernel_tables import audit_entries, outbox_events
from app.infrastructure.db.query import Query, of_tenant
from app.infrastructure.security.throttle import PAIR
from tests.api.edge.support import captured_log
from tests.api.identity.factors.support import Hand, User, refused
from tests.api.identity.support import (
    AUTH,
    PASSWORD,
    alike,
    change,
    events,
    parts_of,
    refusal,
    trail,
)
from tests.support.authenticator import App

_CHANGES = Query(select(audit_entries.c.changes).where(*of_tenant(audit_entries)))
_PAYLOADS = Query(select(outbox_events.c.payload).where(*of_tenant(outbox_events)))
WRONG = (401, "auth.second_factor_wrong")
OVER = (401, "auth.mfa_token_invalid")


async def stored(user: User) -> Any:
    loaded = await parts_of(user.client).reader.load(None, Needs().one(SECOND_FACTORS, user.id))
    return loaded.present[SECOND_FACTORS][user.id,]


async def records(user: User) -> str:
    """All that the trail and the events of the company say."""
    async with parts_of(user.client).database.read(user.tenant_id) as scope:
        return repr([await scope.rows(_CHANGES), await scope.rows(_PAYLOADS)])


async def test_an_app_is_enrolled_and_asked_for(user: User) -> None:
    """MF-01: secret and URI once, active from the first code on, then a login needs a code."""
    answer = await user.post("/auth/mfa/totp")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    uri = urlsplit(made["uri"])
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert parse_qs(uri.query) == {"secret": [made["secret"]], "issuer": ["Tradepost"]}
    assert len(made["secret"]) == 32
    # Nothing is asked for before the first code.
    login = {"email": user.email, "password": PASSWORD}
    assert (await user.client.post(f"{AUTH}/login", json=login)).status_code == 200
    user.app = App(made["secret"])
    confirmed = await user.post("/auth/mfa/totp/confirm", {"code": user.code()})
    codes = confirmed.json()["recovery_codes"]
    assert (len(codes), len(set(codes))) == (10, 10)
    assert all(len(code) == 29 for code in codes)
    assert (await user.get("/auth/mfa")).json() == {
        "totp_enabled": True,
        "security_key_count": 0,
        "recovery_codes_left": 10,
        "second_factor_verified": True,
    }
    asked = await user.first_step()
    assert asked.pop("mfa_token").startswith("mt_")
    assert asked == {
        "mfa_required": True,
        "expires_in_seconds": 300,
        "methods": ["totp", "recovery_code"],
        "webauthn": None,
    }


async def test_a_code_opens_a_session_and_a_refresh_asks_no_more(user: User) -> None:
    await user.enrol()
    token = (await user.first_step())["mfa_token"]
    answer = await user.verify(token, code=user.code())
    assert answer.status_code == 200
    signed_in = await User.known(user.client, user.email, answer)
    assert (await signed_in.get("/auth/mfa")).json()["second_factor_verified"] is True
    refreshed = await user.client.post(
        f"{AUTH}/refresh", json={"refresh_token": answer.json()["refresh_token"]}
    )
    assert refreshed.status_code == 200
    # AU-01: told in the trail and as an event.
    assert "session opened" in await trail(user.client, user.tenant_id)
    assert "user.second_factor_used" in await events(user.client, user.tenant_id)


async def test_a_code_is_good_once(user: User, hand: Hand) -> None:
    """MF-01, ASVS 6.5.1: also where another login, or a step-up, asks for it."""
    await user.enrol()
    code = user.code()
    token = (await user.first_step())["mfa_token"]
    assert (await user.verify(token, code=code)).status_code == 200
    again = (await user.first_step())["mfa_token"]
    assert refused(await user.verify(again, code=code)) == WRONG
    assert refused(await user.step_up(code=code)) == (422, "auth.proof_wrong")
    hand.step()
    assert (await user.verify(again, code=user.code())).status_code == 200


async def test_the_window_is_one_step_to_either_side(user: User) -> None:
    await user.enrol()
    for ahead, status in ((-2, 401), (2, 401), (-1, 200), (0, 200), (1, 200)):
        await user.free_codes()
        token = (await user.first_step())["mfa_token"]
        assert (await user.verify(token, code=user.code(ahead))).status_code == status, ahead


async def test_an_earlier_code_than_the_last_one_is_wrong(user: User) -> None:
    await user.enrol()
    token = (await user.first_step())["mfa_token"]
    assert (await user.verify(token, code=user.code(1))).status_code == 200
    token = (await user.first_step())["mfa_token"]
    assert refused(await user.verify(token, code=user.code(0))) == WRONG


async def test_of_eight_uses_of_one_code_one_wins(user: User) -> None:
    """Eight logins that all have a token, and the one code of now."""
    await user.enrol()
    tokens = [(await user.first_step())["mfa_token"] for _ in range(8)]
    code = user.code()
    answers = await asyncio.gather(*(user.verify(token, code=code) for token in tokens))
    assert sorted(each.status_code for each in answers) == [200] + [401] * 7


async def test_of_eight_uses_of_one_token_one_wins(user: User) -> None:
    """With eight different proofs, all of them right."""
    await user.enrol()
    token = (await user.first_step())["mfa_token"]
    answers = await asyncio.gather(
        *(user.verify(token, recovery_code=code) for code in user.recovery_codes[:8])
    )
    assert sorted(each.status_code for each in answers) == [200] + [401] * 7
    # Those that came too late used nothing up.
    assert (await user.get("/auth/mfa")).json()["recovery_codes_left"] == 9


async def test_a_token_is_good_once_and_for_five_minutes(user: User, hand: Hand) -> None:
    await user.enrol()
    token = (await user.first_step())["mfa_token"]
    assert (await user.verify(token, code=user.code())).status_code == 200
    hand.step()
    assert refused(await user.verify(token, code=user.code())) == OVER
    old = (await user.first_step())["mfa_token"]
    await user.age_challenge(CHALLENGE_TOKEN.read(old).id)
    assert refused(await user.verify(old, code=user.code())) == OVER


async def test_a_token_that_was_never_given_is_refused_like_an_old_one(user: User) -> None:
    await user.enrol()
    token = (await user.first_step())["mfa_token"]
    changed = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    answers = [
        await user.verify(each, code=user.code()) for each in ("garbage", "mt_" + "A" * 64, changed)
    ]
    assert [refused(each) for each in answers] == [OVER] * 3
    assert alike(answers[0], answers[2])
    assert (await user.verify(token, code=user.code())).status_code == 200


async def test_codes_of_others_prove_nothing(user: User, other: User) -> None:
    """Nor does one's own code with the token of somebody else."""
    await user.enrol()
    await other.enrol()
    token = (await user.first_step())["mfa_token"]
    assert refused(await user.verify(token, code=other.code(1))) == WRONG
    assert refused(await user.verify(token, recovery_code=other.recovery_codes[0])) == WRONG
    assert refused(await user.step_up(code=other.code(1))) == (422, "auth.proof_wrong")
    assert (await other.get("/auth/mfa")).json()["recovery_codes_left"] == 10


async def test_five_wrong_answers_end_a_token(user: User) -> None:
    await user.enrol()
    token = (await user.first_step())["mfa_token"]
    for number in range(5):
        assert refused(await user.verify(token, code=f"00000{number}")) == WRONG
    assert refused(await user.verify(token, code=user.code())) == OVER
    fresh = (await user.first_step())["mfa_token"]
    assert (await user.verify(fresh, code=user.code())).status_code == 200


async def test_who_knows_the_password_cannot_guess_codes(user: User) -> None:
    """MF-01: the right password in between does not make the wrong codes forgotten, here or on
    another node, which counts for itself.
    """
    await user.enrol()
    node = parts_of(user.client).identity.passwords.throttle._counts
    for number in range(PAIR.free + 1):
        token = (await user.first_step())["mfa_token"]
        node._counts.clear() if number % 2 else None
        answer = await user.verify(token, code=f"{number:06d}")
        assert answer.status_code in {401, 429}
    assert (await stored(user)).failures >= FAILURES_FREE
    node._counts.clear()
    token = (await user.first_step())["mfa_token"]
    throttled = await user.verify(token, code=user.code())
    assert refused(throttled) == (429, "auth.throttled")
    assert int(throttled.headers["retry-after"]) >= 1
    # The owner who has a recovery code is not kept out.
    assert (await user.verify(token, recovery_code=user.recovery_codes[0])).status_code == 200
    assert (await stored(user)).failures == 0


async def test_guesses_are_delayed_on_the_node_as_passwords_are(user: User) -> None:
    await user.enrol()
    token = ""
    for number in range(PAIR.free + 1):
        if number % 5 == 0:
            token = (await user.first_step())["mfa_token"]
        assert refused(await user.verify(token, recovery_code=f"guess {number}")) == WRONG
    token = (await user.first_step())["mfa_token"]
    answer = await user.verify(token, recovery_code=user.recovery_codes[0])
    assert refused(answer) == (429, "auth.throttled")
    assert (await user.get("/auth/mfa")).json()["recovery_codes_left"] == 10


async def test_a_recovery_code_is_good_once(user: User) -> None:
    await user.enrol()
    token = (await user.first_step())["mfa_token"]
    written = user.recovery_codes[3].upper().replace("-", " ")
    assert (await user.verify(token, recovery_code=written)).status_code == 200
    assert (await user.get("/auth/mfa")).json()["recovery_codes_left"] == 9
    token = (await user.first_step())["mfa_token"]
    assert refused(await user.verify(token, recovery_code=user.recovery_codes[3])) == WRONG
    assert "user.recovery_code_used" in await events(user.client, user.tenant_id)


async def test_renewing_takes_all_recovery_codes_away(user: User) -> None:
    refusal_before = await user.post("/auth/mfa/recovery-codes")
    assert refused(refusal_before) == (409, "auth.no_second_factor")
    await user.enrol()
    old = user.recovery_codes
    answer = await user.post("/auth/mfa/recovery-codes")
    fresh = answer.json()["recovery_codes"]
    assert (answer.status_code, len(fresh), set(fresh) & set(old)) == (200, 10, set())
    token = (await user.first_step())["mfa_token"]
    assert refused(await user.verify(token, recovery_code=old[0])) == WRONG
    assert (await user.verify(token, recovery_code=fresh[0])).status_code == 200


async def test_exactly_one_proof_is_sent(user: User) -> None:
    await user.enrol()
    token = (await user.first_step())["mfa_token"]
    for proof in ({}, {"code": user.code(), "recovery_code": user.recovery_codes[0]}):
        assert refused(await user.verify(token, **proof)) == (422, "auth.proof_choice")
    assert refused(await user.step_up()) == (422, "auth.proof_choice")
    assert (await user.verify(token, code=user.code())).status_code == 200


async def test_an_enrolment_waits_fifteen_minutes(user: User) -> None:
    assert refused(await user.post("/auth/mfa/totp/confirm", {"code": "123456"})) == (
        409,
        "auth.no_enrolment",
    )
    user.app = App((await user.post("/auth/mfa/totp")).json()["secret"])
    wrong = await user.post("/auth/mfa/totp/confirm", {"code": user.code(5)})
    assert refusal(wrong) == (422, "auth.proof_wrong", ["/code"])
    older = PENDING + timedelta(minutes=1)
    await change(
        user.client,
        SECOND_FACTORS,
        (user.id,),
        lambda each: replace(each, pending_at=each.pending_at - older),
    )
    late = await user.post("/auth/mfa/totp/confirm", {"code": user.code()})
    assert refused(late) == (409, "auth.no_enrolment")
    login = {"email": user.email, "password": PASSWORD}
    assert (await user.client.post(f"{AUTH}/login", json=login)).status_code == 200


async def test_another_app_takes_the_place_of_the_first(user: User) -> None:
    """The first one stays good until the new one has shown its first code."""
    await user.enrol()
    first = user.app
    begun = App((await user.post("/auth/mfa/totp")).json()["secret"])
    token = (await user.first_step())["mfa_token"]
    assert (await user.verify(token, code=user.code())).status_code == 200
    user.app = begun
    confirmed = await user.post("/auth/mfa/totp/confirm", {"code": user.code(-1)})
    assert confirmed.json() == {"recovery_codes": []}  # those from before stay good
    user.app = first
    token = (await user.first_step())["mfa_token"]
    assert refused(await user.verify(token, code=user.code(1))) == WRONG
    user.app = begun
    assert (await user.verify(token, code=user.code())).status_code == 200


async def test_of_eight_first_codes_one_counts(user: User) -> None:
    """One of the confirmations wins, and its recovery codes are the valid ones."""
    user.app = App((await user.post("/auth/mfa/totp")).json()["secret"])
    body = {"code": user.code(-1)}
    answers = await asyncio.gather(*(user.post("/auth/mfa/totp/confirm", body) for _ in range(8)))
    assert sorted(each.status_code for each in answers) == [200] + [409] * 7
    [codes] = [each.json()["recovery_codes"] for each in answers if each.status_code == 200]
    token = (await user.first_step())["mfa_token"]
    assert (await user.verify(token, recovery_code=codes[0])).status_code == 200


async def test_secrets_are_told_once_and_kept_unreadable(user: User) -> None:
    """CF: neither log, trail, events nor database hold a secret or a code."""
    with captured_log() as buffer:
        await user.enrol()
        assert user.app is not None
        secret = user.app.secret
        token = (await user.first_step())["mfa_token"]
        wrong = await user.verify(token, code="000000")
        await user.verify(token, recovery_code=user.recovery_codes[0])
        await user.verify(token, code=user.code())
        log = buffer.getvalue().decode()
    assert wrong.status_code == 401
    assert "second_factor_refused" in log
    shown = (await user.get("/auth/mfa")).text
    kept = repr(await stored(user)) + await records(user)
    for text in (secret, token, *user.recovery_codes):
        assert text not in shown
        assert text not in kept
        assert text not in log
    assert secret.encode() not in (await stored(user)).sealed_secret
