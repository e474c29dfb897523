"""Operators of the platform with a second factor: their password alone opens nothing."""

from typing import Any

import httpx

from app.domain.shared.ids import show
from tests.api.identity.factors.support import User
from tests.api.identity.support import AUTH, PASSWORD, refusal
from tests.support.operators import add_operator


async def enter(user: User, **proof: str) -> httpx.Response:
    account = {"email": user.email, "password": PASSWORD, "scope": "platform", **proof}
    return await user.client.post(f"{AUTH}/login", json=account, headers={"Authorization": ""})


async def test_an_operator_with_a_factor_sends_a_code(user: User, application: Any) -> None:
    """MF-01: each code is good once, and a recovery code will do."""
    await add_operator(application, user.email)
    assert (await enter(user)).status_code == 200  # while the user has no factor
    await user.enrol()
    assert refusal(await enter(user)) == (422, "auth.second_factor_required", ["/code"])
    code = user.code()
    wrong = str((int(code) + 1) % 1_000_000).zfill(6)
    assert refusal(await enter(user, code=wrong))[:2] == (401, "auth.second_factor_wrong")
    both = await enter(user, code=code, recovery_code=user.recovery_codes[0])
    assert refusal(both)[:2] == (422, "auth.proof_choice")
    assert (await enter(user, code=code)).status_code == 200
    assert refusal(await enter(user, code=code))[:2] == (401, "auth.second_factor_wrong")
    assert (await enter(user, recovery_code=user.recovery_codes[0])).status_code == 200


async def test_no_company_takes_the_factor_of_an_operator(user: User, application: Any) -> None:
    """It opens the platform, too; the command line is the way back."""
    await user.enrol()
    await add_operator(application, user.email)
    answer = await user.post(f"/members/{show('usr', user.id)}/reset-mfa")
    assert refusal(answer)[1] == "members.works_elsewhere"
    assert refusal(await enter(user))[1] == "auth.second_factor_required"
