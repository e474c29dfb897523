"""Security keys as second factors (MF-03), against a key that exists in the tests only."""

import asyncio
import copy
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from app.application.identity.factors.ports import SECURITY_KEYS
from app.application.identity.factors.proving import CHALLENGE_TOKEN
from app.domain.identity.factors.security_key import KEYS_MAX, SecurityKey
from app.domain.shared.ids import Id
from app.main import create_app
from tests.api.identity.factors.support import User, refused
from tests.api.identity.support import change, events, refusal, trail
from tests.conftest import settings_for
from tests.support.authenticator import ORIGIN, RP_ID, VirtualKey

WRONG = (401, "auth.second_factor_wrong")


async def first_key(user: User, algorithm: str = "ES256") -> VirtualKey:
    """A key that was registered as the first factor."""
    key = VirtualKey(algorithm)
    answer = await user.add_key(key)
    assert answer.status_code == 201, answer.text
    user.recovery_codes = answer.json()["recovery_codes"]
    return key


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
async def test_a_key_is_registered_and_opens_a_session(user: User, algorithm: str) -> None:
    """MF-03: registered with a name, then asked for at the login, then it opens a session."""
    token, options = await user.ask_key("register")
    assert options["rp"] == {"name": "Tradepost", "id": RP_ID}
    assert options["user"]["name"] == user.email
    assert {each["alg"] for each in options["pubKeyCredParams"]} == {-7, -8, -257}
    key = VirtualKey(algorithm)
    body = {"token": token, "credential": key.create(options), "name": " Blue "}
    answer = await user.post("/auth/mfa/security-keys", body)
    made = answer.json()
    assert answer.status_code == 201
    assert (made["name"], made["last_used_at"], made["version"]) == ("Blue", None, 1)
    assert len(made["recovery_codes"]) == 10
    asked = await user.first_step()
    assert asked["methods"] == ["security_key", "recovery_code"]
    assert asked["webauthn"]["rpId"] == RP_ID
    assert len(asked["webauthn"]["allowCredentials"]) == 1
    opened = await user.verify(asked["mfa_token"], credential=key.get(asked["webauthn"]))
    assert opened.status_code == 200, opened.text
    [listed] = (await user.get("/auth/mfa/security-keys")).json()["data"]
    assert listed["id"] == made["id"]
    assert listed["last_used_at"] is not None
    assert "security_key added" in await trail(user.client, user.tenant_id)
    assert "user.second_factor_added" in await events(user.client, user.tenant_id)


async def test_a_key_that_does_not_count_is_taken_again_and_again(user: User) -> None:
    key = VirtualKey(counts=False)
    assert (await user.add_key(key)).status_code == 201
    for _ in range(2):
        asked = await user.first_step()
        answer = await user.verify(asked["mfa_token"], credential=key.get(asked["webauthn"]))
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://till.shop.example"},
        {"origin": f"{ORIGIN}.evil.example"},
        {"rp_id": "evil.example"},
    ],
)
async def test_another_page_or_domain_gets_nothing(user: User, wrong: dict[str, Any]) -> None:
    """The browser says where it was asked; a page that passes our options on is found out."""
    refused_key = await user.add_key(VirtualKey(**wrong))
    assert refusal(refused_key) == (422, "auth.security_key_refused", ["/credential"])
    key = await first_key(user)
    asked = await user.first_step()
    phished = replace(key, **wrong)
    answer = await user.verify(asked["mfa_token"], credential=phished.get(asked["webauthn"]))
    assert refused(answer) == WRONG


async def test_a_challenge_is_answered_once_and_by_its_own_signature(user: User) -> None:
    """Replayed: the same answer again, and the answer to another challenge."""
    key = await first_key(user)
    asked = await user.first_step()
    answer = key.get(asked["webauthn"])
    assert (await user.verify(asked["mfa_token"], credential=answer)).status_code == 200
    again = await user.verify(asked["mfa_token"], credential=answer)
    assert refused(again) == (401, "auth.mfa_token_invalid")
    other = await user.first_step()
    assert refused(await user.verify(other["mfa_token"], credential=answer)) == WRONG
    token, options = await user.ask_key("register")
    body = {"token": token, "credential": VirtualKey().create(options), "name": "Red"}
    assert (await user.post("/auth/mfa/security-keys", body)).status_code == 201
    replayed = await user.post("/auth/mfa/security-keys", body)
    assert refusal(replayed) == (422, "auth.proof_wrong", ["/token"])


async def test_of_eight_uses_of_one_answer_one_wins(user: User) -> None:
    key = await first_key(user)
    asked = await user.first_step()
    answer = key.get(asked["webauthn"])
    answers = await asyncio.gather(
        *(user.verify(asked["mfa_token"], credential=answer) for _ in range(8))
    )
    assert sorted(each.status_code for each in answers) == [200] + [401] * 7


async def test_a_token_is_good_for_what_it_was_asked_for(user: User) -> None:
    key = await first_key(user)
    token, options = await user.ask_key("register")
    stepped = await user.step_up(token=token, credential=key.get(options))
    assert refusal(stepped) == (422, "auth.proof_wrong", ["/token"])
    assert refused(await user.verify(token, credential=key.get(options)))[1] == (
        "auth.mfa_token_invalid"
    )
    old, options = await user.ask_key("step_up")
    await user.age_challenge(CHALLENGE_TOKEN.read(old).id)
    late = await user.step_up(token=old, credential=key.get(options))
    assert refusal(late) == (422, "auth.proof_wrong", ["/token"])


async def test_a_copy_of_a_key_is_found_out(user: User) -> None:
    """MF-03: two devices with one private half; the one whose count is behind is refused."""
    key = await first_key(user)
    copied = copy.copy(key)
    for _ in range(2):
        asked = await user.first_step()
        answer = await user.verify(asked["mfa_token"], credential=key.get(asked["webauthn"]))
        assert answer.status_code == 200
    for _ in range(2):  # counts 1 and 2, which were seen
        asked = await user.first_step()
        forged = await user.verify(asked["mfa_token"], credential=copied.get(asked["webauthn"]))
        assert refused(forged) == WRONG
    assert (await events(user.client, user.tenant_id)).count("user.security_key_copied") == 2


async def test_keys_of_others_prove_nothing(user: User, other: User) -> None:
    """An own key with the credential id of somebody else, and the other way round."""
    mine, theirs = await first_key(user), await first_key(other)
    asked = await user.first_step()
    for key in (theirs, replace(theirs, id=mine.id), replace(mine, id=theirs.id)):
        answer = await user.verify(asked["mfa_token"], credential=key.get(asked["webauthn"]))
        assert refused(answer) == WRONG
    # The ceremony of somebody else is not one's own either.
    token, options = await other.ask_key("step_up")
    stepped = await user.step_up(token=token, credential=mine.get(options))
    assert refusal(stepped) == (422, "auth.proof_wrong", ["/token"])
    token, options = await other.ask_key("register")
    body = {"token": token, "credential": VirtualKey().create(options), "name": "Red"}
    assert refused(await user.post("/auth/mfa/security-keys", body)) == (422, "auth.proof_wrong")


async def test_a_key_is_registered_once(user: User, other: User) -> None:
    """Also by somebody else; one that was removed may come again."""
    key = await first_key(user)
    taken = await other.add_key(key)
    assert refused(taken) == (409, "auth.security_key_taken")
    assert refused(await user.add_key(key)) == (409, "auth.security_key_taken")
    [listed] = (await user.get("/auth/mfa/security-keys")).json()["data"]
    assert (await user.delete(f"/auth/mfa/security-keys/{listed['id']}")).status_code == 204
    assert (await other.add_key(key)).status_code == 201


async def test_keys_are_renamed_and_removed(user: User, other: User) -> None:
    first = await first_key(user)
    made = (await user.add_key(VirtualKey(), "Red")).json()
    assert made["recovery_codes"] == []
    path = f"/api/v1/auth/mfa/security-keys/{made['id']}"
    headers = {"If-Match": f'"{made["version"]}"'}
    renamed = await user.client.patch(path, json={"name": "Green"}, headers=headers)
    assert (renamed.json()["name"], renamed.json()["version"]) == ("Green", 2)
    stale = await user.client.patch(path, json={"name": "Blue"}, headers=headers)
    assert refused(stale) == (412, "common.stale_version")
    foreign = await other.client.patch(path, json={"name": "Mine"}, headers={"If-Match": '"2"'})
    assert refused(foreign) == (404, "common.not_found")
    assert refused(await other.client.delete(path)) == (404, "common.not_found")
    assert (await user.client.delete(path)).status_code == 204
    assert refused(await user.client.delete(path)) == (404, "common.not_found")
    # The other one still counts, and so do the codes.
    asked = await user.first_step()
    answer = await user.verify(asked["mfa_token"], credential=first.get(asked["webauthn"]))
    assert answer.status_code == 200
    assert (await user.get("/auth/mfa")).json()["recovery_codes_left"] == 10


async def test_a_removed_key_opens_nothing(user: User) -> None:
    await first_key(user)
    await user.enrol()
    lost = VirtualKey()
    made = (await user.add_key(lost, "Lost")).json()
    asked = await user.first_step()
    assert (await user.delete(f"/auth/mfa/security-keys/{made['id']}")).status_code == 204
    answer = await user.verify(asked["mfa_token"], credential=lost.get(asked["webauthn"]))
    assert refused(answer) == WRONG


async def test_a_key_proves_the_caller_again(user: User) -> None:
    key = await first_key(user)
    await user.age_proof()
    assert refused(await user.post("/auth/mfa/recovery-codes")) == (403, "auth.step_up_required")
    token, options = await user.ask_key("step_up")
    answer = await user.step_up(token=token, credential=key.get(options))
    assert answer.status_code == 200
    assert (await user.post("/auth/mfa/recovery-codes")).status_code == 200
    without = await user.step_up(credential=key.get(options))
    assert refusal(without) == (422, "auth.proof_wrong", ["/token"])


async def test_there_is_an_end_to_the_keys_of_a_user(user: User) -> None:
    await first_key(user)

    async def keep(number: int) -> None:
        id_ = Id(bytes([number]) + user.id[1:])
        of = bytes([number]) + user.id
        key = SecurityKey.new(id_, user.id, (of, b"cose", 0), "More", user.now())
        await change(user.client, SECURITY_KEYS, (id_,), lambda _: key, make=True)

    for number in range(1, KEYS_MAX):
        await keep(number)
    refused_key = await user.add_key(VirtualKey())
    assert refused(refused_key) == (409, "auth.too_many_security_keys")


@pytest.mark.parametrize(
    "credential",
    [
        "{}",
        "[]",
        "null",
        "7",
        '"id"',
        "{",
        '{"id": 1}',
        '{"id": "AA", "rawId": "AA"}',
        "é" * 99,
    ],
)
async def test_an_answer_of_no_form_is_refused(user: User, credential: str) -> None:
    await first_key(user)
    asked = await user.first_step()
    assert refused(await user.verify(asked["mfa_token"], credential=credential)) == WRONG
    token, _ = await user.ask_key("register")
    body = {"token": token, "credential": credential, "name": "Odd"}
    answer = await user.post("/auth/mfa/security-keys", body)
    assert refused(answer) == (422, "auth.security_key_refused")


async def test_an_answer_bent_anywhere_is_refused(user: User) -> None:
    """Each part of a right answer, changed in one letter."""
    key = await first_key(user)
    asked = await user.first_step()
    right = json.loads(key.get(asked["webauthn"]))
    for name in ("clientDataJSON", "authenticatorData", "signature"):
        bent: Any = copy.deepcopy(right)
        text = bent["response"][name]
        bent["response"][name] = text[:20] + ("A" if text[20] != "A" else "B") + text[21:]
        answer = await user.verify(asked["mfa_token"], credential=json.dumps(bent))
        assert refused(answer) == WRONG, name
    answer = await user.verify(asked["mfa_token"], credential=json.dumps(right))
    assert answer.status_code == 200


async def test_an_installation_without_security_keys_says_so(own_database_url: str) -> None:
    app = create_app(settings_for(own_database_url, webauthn_rp_id="", webauthn_origins=[]))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://test")
    async with app.router.lifespan_context(app), client:
        user = await User.registered(client)
        off = (409, "auth.security_keys_off")
        assert refused(await user.post("/auth/mfa/challenge", {"purpose": "register"})) == off
        body = {"token": "mt_" + "A" * 64, "credential": "{}", "name": "Blue"}
        assert refused(await user.post("/auth/mfa/security-keys", body)) == off
        assert (await user.get("/auth/mfa/security-keys")).json()["data"] == []
