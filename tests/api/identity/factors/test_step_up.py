"""Proving oneself anew (MF-02), what a company demands, and taking the factors of a member away."""

import asyncio
import uuid
from typing import Any

from app.application.identity.directory.kinds import MEMBERSHIPS
from app.domain.identity.members.membership import Membership
from tests.api.identity.factors.conftest import new_client
from tests.api.identity.factors.support import Hand, User, refused
from tests.api.identity.support import (
    AUTH,
    OTHER_PASSWORD,
    PASSWORD,
    change,
    events,
    parts_of,
    refusal,
    trail,
)
from tests.support.company import Company

REQUIRED = (403, "auth.step_up_required")
ENROL = (403, "auth.mfa_enrolment_required")


async def member_of(owner: User, application: Any, role: str = "cashier") -> User:
    """Somebody who joins the company of ``owner``."""
    email = f"{uuid.uuid4().hex[:12]}@north.example"
    invited = await owner.post("/invitations", {"email": email, "role": role})
    body = {"token": invited.json()["token"], "password": PASSWORD}
    assert (await owner.post("/auth/join", body)).status_code == 204
    return await User.signed_in(new_client(application), email)


async def patch_company(user: User, **members: Any) -> Any:
    shown = await user.get("/companies/current")
    headers = {"If-Match": shown.headers["etag"]}
    return await user.client.patch("/api/v1/companies/current", json=members, headers=headers)


async def test_the_password_proves_who_has_no_factor(user: User) -> None:
    """MF-02: at login one is proved for ten minutes; later the password is asked for again."""
    invite = {"email": "emil@north.example", "role": "cashier"}
    await user.age_proof(9)
    assert (await user.post("/invitations", invite)).status_code == 201
    await user.age_proof(2)
    answer = await user.post("/invitations", invite)
    assert refused(answer) == REQUIRED
    assert "POST /api/v1/auth/step-up" in answer.json()["fix"]
    assert refusal(await user.step_up(password=OTHER_PASSWORD)) == (
        422,
        "auth.proof_wrong",
        ["/password"],
    )
    assert refused(await user.post("/invitations", invite)) == REQUIRED
    stepped = await user.step_up(password=PASSWORD)
    assert stepped.status_code == 200
    assert stepped.json().keys() == {"proved_at", "expires_at"}
    assert (await user.post("/invitations", invite)).status_code == 201
    assert "session proved" in await trail(user.client, user.tenant_id)
    assert "session.proved" in await events(user.client, user.tenant_id)


async def test_who_has_a_factor_proves_himself_by_it(user: User) -> None:
    await user.enrol()
    await user.age_proof()
    alone = await user.step_up(password=PASSWORD)
    assert refusal(alone) == (422, "auth.second_factor_required", ["/code"])
    both = await user.step_up(password=OTHER_PASSWORD, code=user.code())
    assert refusal(both) == (422, "auth.proof_wrong", ["/password"])
    assert refusal(await user.step_up(code="000000")) == (422, "auth.proof_wrong", ["/code"])
    wrong = await user.step_up(recovery_code="no such code")
    assert refusal(wrong) == (422, "auth.proof_wrong", ["/recovery_code"])
    assert refused(await user.post("/auth/mfa/recovery-codes")) == REQUIRED
    assert (await user.step_up(password=PASSWORD, code=user.code())).status_code == 200
    assert (await user.post("/auth/mfa/recovery-codes")).status_code == 200
    # A code is valid once.
    assert refused(await user.step_up(code=user.code())) == (422, "auth.proof_wrong")


async def test_a_code_of_somebody_without_a_factor_proves_nothing(user: User) -> None:
    assert refusal(await user.step_up(code="123456")) == (422, "auth.proof_wrong", ["/code"])


async def test_of_eight_step_ups_by_one_code_one_wins(user: User) -> None:
    await user.enrol()
    code = user.code()
    answers = await asyncio.gather(*(user.step_up(code=code) for _ in range(8)))
    assert sorted(each.status_code for each in answers) == [200] + [422] * 7


async def test_passwords_are_not_guessed_here_either(user: User) -> None:
    """Guesses are delayed as at a login, whose owner they do not keep out."""
    statuses = [(await user.step_up(password=f"guess number {n}")).status_code for n in range(12)]
    assert statuses == [422] * 11 + [429]
    login = {"email": user.email, "password": PASSWORD}
    assert (await user.client.post(f"{AUTH}/login", json=login)).status_code == 200
    assert refused(await user.step_up(password=PASSWORD)) == (429, "auth.throttled")


async def test_every_sensitive_operation_says_so_and_asks(user: User, application: Any) -> None:
    """MF-02: what the document marks is refused without a fresh proof, whatever is asked of it."""
    await user.age_proof()
    marked = set()
    for path, operations in application.openapi()["paths"].items():
        for method, operation in operations.items():
            refusals = operation["responses"].get("403", {}).get("content", {})
            examples = refusals.get("application/problem+json", {}).get("examples", {})
            if not operation.get("x-step-up"):
                continue
            assert "auth.step_up_required" in examples
            url = path.replace("{id}", "usr_01J8Z3K4M5N6P7Q8R9S0T1V2W3")
            answer = await user.client.request(method.upper(), url)
            assert refused(answer) == REQUIRED, (method, path)
            marked.add(f"{method.upper()} {path.removeprefix('/api/v1')}")
    assert marked == {
        "PATCH /members/{id}",
        "POST /members/{id}/activate",
        "POST /members/{id}/deactivate",
        "POST /members/{id}/reset-mfa",
        "POST /invitations",
        "POST /roles",
        "PATCH /roles/{id}",
        "POST /roles/{id}/activate",
        "POST /roles/{id}/deactivate",
        "POST /api-keys",
        "PATCH /api-keys/{id}",
        "POST /api-keys/{id}/rotate",
        "POST /exports",
        "POST /companies/current/schedule-deletion",
        "POST /auth/mfa/totp",
        "DELETE /auth/mfa/totp",
        "POST /auth/mfa/recovery-codes",
        "POST /auth/mfa/security-keys",
        "DELETE /auth/mfa/security-keys/{id}",
    }


async def test_a_switch_of_the_company_keeps_how_well_one_is_known(user: User, other: User) -> None:
    """Neither more, by switching, nor less."""
    await user.enrol()
    place = Membership(other.tenant_id, user.id, "owner", active=True, version=1)
    key = (other.tenant_id, user.id)
    await change(user.client, MEMBERSHIPS, key, lambda _: place, make=True)
    company = (await other.get("/companies/current")).json()["id"]
    await user.age_proof()
    switched = await user.post("/auth/switch", {"company_id": company})
    there = await User.known(new_client(user.client._transport.app), user.email, switched)  # type: ignore[attr-defined]
    assert there.tenant_id == other.tenant_id
    assert (await there.get("/auth/mfa")).json()["second_factor_verified"] is True
    invite = {"email": "emil@north.example", "role": "cashier"}
    assert refused(await there.post("/invitations", invite)) == REQUIRED
    assert (await there.step_up(code=user.code())).status_code == 200
    assert (await there.post("/invitations", invite)).status_code == 201


async def test_payouts_ask_where_the_company_demands_it(user: User) -> None:
    """MF-02: off unless the company turns it on; money that comes in is never held up."""
    company = Company(user.client, user.email)
    supplier = await company.contact("Supplier", "supplier", "customer")

    async def pay(direction: str, batch: bool = False) -> Any:
        body = {
            "direction": direction,
            "contact_id": supplier,
            "method": "bank",
            "amount": "5.00",
            "allocate": "none",
            "excess": "credit",
        }
        if batch:
            items = [{**body, "idempotency_key": uuid.uuid4().hex}]
            return await user.post("/payments/batch", {"items": items})
        return await user.post("/payments", body, **{"Idempotency-Key": uuid.uuid4().hex})

    await user.age_proof()
    assert (await pay("out")).status_code == 201
    assert refused(await patch_company(user, payout_step_up_required=True)) == REQUIRED
    await user.step_up(password=PASSWORD)
    assert (await patch_company(user, payout_step_up_required=True)).status_code == 200
    await user.age_proof()
    assert refused(await pay("out")) == REQUIRED
    assert refused(await pay("out", batch=True)) == REQUIRED
    assert (await pay("in")).status_code == 201
    await user.step_up(password=PASSWORD)
    assert (await pay("out")).status_code == 201
    assert (await pay("out", batch=True)).status_code == 207


async def test_a_company_may_demand_a_second_factor(user: User, application: Any) -> None:
    """A member without a factor can only enrol, and continues after that."""
    clerk = await member_of(user, application)
    early = await patch_company(user, mfa_required=True)
    assert refusal(early) == (409, "auth.no_second_factor", ["/mfa_required"])
    await user.enrol()
    answer = await patch_company(user, mfa_required=True)
    assert (answer.status_code, answer.json()["mfa_required"]) == (200, True)
    parts_of(user.client).identity.tokens.forget([clerk.session_id, user.session_id])
    assert (await user.get("/products")).status_code == 200
    assert refused(await clerk.get("/products")) == ENROL
    assert refused(await clerk.get("/companies/current")) == ENROL
    assert (await clerk.get("/auth/me")).status_code == 200
    assert (await clerk.step_up(password=PASSWORD)).status_code == 200
    assert refused(await clerk.get("/products")) == ENROL
    await clerk.enrol()
    assert (await clerk.get("/products")).status_code == 200
    # The last factor stays, here and seen from any other company.
    assert refused(await clerk.delete("/auth/mfa/totp")) == (409, "auth.last_factor")
    assert (await clerk.get("/auth/mfa")).json()["totp_enabled"] is True
    assert (await clerk.get("/products")).status_code == 200
    await clerk.client.aclose()


async def test_only_who_may_change_the_company_demands_it(user: User, application: Any) -> None:
    clerk = await member_of(user, application, "manager")
    refused_patch = await patch_company(clerk, mfa_required=True)
    assert refused(refused_patch) == (403, "auth.permission_missing")
    await clerk.client.aclose()


async def test_an_admin_takes_the_factors_of_a_member_away(user: User, application: Any) -> None:
    """With an audit entry, an event to the member, and the end of the member's sessions."""
    clerk = await member_of(user, application)
    await clerk.enrol()
    path = f"/members/{(await clerk.get('/auth/me')).json()['user_id']}/reset-mfa"
    await user.age_proof()
    assert refused(await user.post(path)) == REQUIRED
    await user.step_up(password=PASSWORD)
    waiting = (await clerk.first_step())["mfa_token"]
    answer = await user.post(path)
    assert (answer.status_code, answer.json()) == (200, {"ended": 1})
    assert refused(await clerk.get("/auth/me")) == (401, "auth.session_expired")
    assert refused(await clerk.verify(waiting, code=clerk.code()))[0] == 401
    again = await User.signed_in(clerk.client, clerk.email)
    assert (await again.get("/auth/mfa")).json() == {
        "totp_enabled": False,
        "security_key_count": 0,
        "recovery_codes_left": 0,
        "second_factor_verified": False,
    }
    assert "member second_factors_reset" in await trail(user.client, user.tenant_id)
    assert "user.second_factors_reset" in await events(user.client, user.tenant_id)
    await clerk.client.aclose()


async def test_nobody_takes_the_factors_of_who_may_do_more(user: User, application: Any) -> None:
    manager = await member_of(user, application, "manager")
    await user.enrol()
    owner_id = (await user.get("/auth/me")).json()["user_id"]
    answer = await manager.post(f"/members/{owner_id}/reset-mfa")
    assert refused(answer) == (403, "members.beyond_own_permissions")
    assert (await user.get("/auth/mfa")).json()["totp_enabled"] is True
    cashier = await member_of(user, application)
    answer = await cashier.post(f"/members/{owner_id}/reset-mfa")
    assert refused(answer) == (403, "auth.permission_missing")
    for each in (manager, cashier):
        await each.client.aclose()


async def test_one_company_does_not_weaken_a_user_of_another(
    user: User, other: User, application: Any
) -> None:
    """An owner invites a victim, who joins, and resets the victim's factors: refused."""
    clerk = await member_of(user, application)
    await clerk.enrol()
    place = Membership(other.tenant_id, clerk.id, "viewer", active=True, version=1)
    key = (other.tenant_id, clerk.id)
    await change(user.client, MEMBERSHIPS, key, lambda _: place, make=True)
    path = f"/members/{(await clerk.get('/auth/me')).json()['user_id']}/reset-mfa"
    for owner in (user, other):
        assert refused(await owner.post(path)) == (409, "members.works_elsewhere")
    assert (await clerk.get("/auth/mfa")).json()["totp_enabled"] is True
    assert (await clerk.get("/auth/me")).status_code == 200
    await clerk.client.aclose()


async def test_who_operates_the_service_lets_a_user_in_again(user: User) -> None:
    """What no company may do, the operator does at the command line; the user is told."""
    await user.enrol()
    enrolling = parts_of(user.client).identity.enrolment
    assert await enrolling.forget_all("nobody@north.example") is None
    assert await enrolling.forget_all(f" {user.email.upper()} ") == 1
    parts_of(user.client).identity.tokens.forget([user.session_id])
    assert refused(await user.get("/auth/me")) == (401, "auth.session_expired")
    again = await User.signed_in(user.client, user.email)
    assert (await again.get("/auth/mfa")).json()["recovery_codes_left"] == 0
    assert "user second_factors_reset" in await trail(user.client, user.tenant_id)
    assert "user.second_factors_reset" in await events(user.client, user.tenant_id)


async def test_another_node_sees_a_proof_within_five_seconds(user: User, hand: Hand) -> None:
    """The state behind a token is read with the access state: no statement of its own."""
    del hand
    parts = parts_of(user.client)
    token = user.client.headers["authorization"].removeprefix("Bearer ")
    await user.age_proof()
    seen = await parts.identity.tokens.verify(token)
    assert not seen.proved_lately(parts.clock.now())
    await user.step_up(password=PASSWORD)
    seen = await parts.identity.tokens.verify(token)
    assert seen.proved_lately(parts.clock.now())
