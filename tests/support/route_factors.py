"""The routes of second factors, each with its own user, who is not used elsewhere."""

import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from tests.support.authenticator import App, VirtualKey
from tests.support.company import PASSWORD, Company, register_company
from tests.support.route import API, Route, Valid, tag

_MFA: Final = f"{API}/auth/mfa"


def _another(company: Company) -> AbstractAsyncContextManager[Company]:
    """The owner of a new company."""
    return register_company(company.client._transport.app)  # type: ignore[attr-defined]


def _as(other: Company, path: str, body: Any, **headers: str) -> Valid:
    """A request by another user."""
    bearer = {"Authorization": other.client.headers["authorization"]}
    return Valid(path, body, {**bearer, **headers}) if body else Valid(path, headers=bearer)


async def _begun(other: Company) -> App:
    return App((await other.client.post(f"{_MFA}/totp")).json()["secret"])


async def _enrolled(other: Company) -> App:
    """An app that was confirmed by the code before the present one."""
    app = await _begun(other)
    body = {"code": app.code(time.time() - 30)}
    answer = await other.client.post(f"{_MFA}/totp/confirm", json=body)
    assert answer.status_code == 200, answer.text
    return app


async def _asked(other: Company) -> dict[str, Any]:
    """What registers a new key."""
    answer = await other.client.post(f"{_MFA}/challenge", json={"purpose": "register"})
    assert answer.status_code == 200, answer.text
    credential = VirtualKey().create(answer.json()["webauthn"])
    return {"token": answer.json()["token"], "credential": credential, "name": f"Key {tag()}"}


async def a_security_key(company: Company) -> str:
    """The id of a security key of the owner, who needs it from now on."""
    answer = await company.client.post(f"{_MFA}/security-keys", json=await _asked(company))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def _verify(company: Company) -> Valid:
    async with _another(company) as other:
        app = await _enrolled(other)
        account = {"email": other.email, "password": PASSWORD}
        asked = await other.client.post(f"{API}/auth/login", json=account)
    return Valid(
        "/auth/mfa/verify", {"mfa_token": asked.json()["mfa_token"], "code": app.code(time.time())}
    )


async def _step_up(company: Company) -> Valid:
    async with _another(company) as other:
        return _as(other, "/auth/step-up", {"password": PASSWORD})


async def _enrol(company: Company) -> Valid:
    async with _another(company) as other:
        return _as(other, "/auth/mfa/totp", None)


async def _confirm(company: Company) -> Valid:
    async with _another(company) as other:
        app = await _begun(other)
        return _as(other, "/auth/mfa/totp/confirm", {"code": app.code(time.time())})


def _of_enrolled(path: str) -> Callable[[Company], Awaitable[Valid]]:
    async def prepare(company: Company) -> Valid:
        async with _another(company) as other:
            await _enrolled(other)
            return _as(other, path, None)

    return prepare


async def _challenge(company: Company) -> Valid:
    async with _another(company) as other:
        return _as(other, "/auth/mfa/challenge", {"purpose": "step_up"})


async def _register_key(company: Company) -> Valid:
    async with _another(company) as other:
        return _as(other, "/auth/mfa/security-keys", await _asked(other))


async def _rename_key(company: Company) -> Valid:
    async with _another(company) as other:
        path = f"/auth/mfa/security-keys/{await a_security_key(other)}"
        return _as(other, path, {"name": f"Key {tag()}"}, **{"If-Match": '"1"'})


async def _remove_key(company: Company) -> Valid:
    async with _another(company) as other:
        return _as(other, f"/auth/mfa/security-keys/{await a_security_key(other)}", None)


FACTORS: Final = (
    Route("POST /auth/mfa/verify", _verify, 200, "none"),
    Route(
        "POST /auth/step-up", _step_up, 200, "none", repeated=1, why="each proof is told (AU-01)"
    ),
    Route(
        "POST /auth/mfa/totp",
        _enrol,
        200,
        "none",
        repeated=1,
        why="its secret is shown once, so no answer is stored; the newest one waits",
    ),
    Route("POST /auth/mfa/totp/confirm", _confirm, 200, "none"),
    Route("DELETE /auth/mfa/totp", _of_enrolled("/auth/mfa/totp"), 204, "none"),
    Route(
        "POST /auth/mfa/recovery-codes",
        _of_enrolled("/auth/mfa/recovery-codes"),
        200,
        "none",
        repeated=1,
        why="they are shown once, so no answer is stored; the newest ones count",
    ),
    Route(
        "POST /auth/mfa/challenge",
        _challenge,
        200,
        "none",
        repeated=1,
        why="each challenge is another one",
    ),
    Route("POST /auth/mfa/security-keys", _register_key, 201, "none"),
    Route("PATCH /auth/mfa/security-keys/{id}", _rename_key, 200, "none"),
    Route("DELETE /auth/mfa/security-keys/{id}", _remove_key, 204, "none"),
)
