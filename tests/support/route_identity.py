"""The mutating routes of signing in, of a company and of its members."""

from typing import Any, Final

from tests.support.company import PASSWORD, Company, register_company
from tests.support.mailbox import tokens_sent
from tests.support.route import Prepare, Route, Valid, tag
from tests.support.route_lifecycle import LIFECYCLE


async def _register(_: Company) -> Valid:
    company = {
        "name": "Made to be refused",
        "currency": "GBP",
        "time_zone": "UTC",
        "country": "GB",
        "tax_rounding": "document",
    }
    body = {
        "email": f"{tag()}@example.com",
        "password": PASSWORD,
        "display_name": "Olga",
        "company": company,
    }
    return Valid("/auth/register", body)


async def _login(company: Company) -> Valid:
    return Valid("/auth/login", {"email": company.email, "password": PASSWORD})


async def _refresh_token(company: Company) -> str:
    """The refresh token of a separate session: the company's client stays signed in."""
    valid = await _login(company)
    answer = await company.client.post("/api/v1" + valid.path, json=valid.body)
    return str(answer.json()["refresh_token"])


async def _refresh(company: Company) -> Valid:
    return Valid("/auth/refresh", {"refresh_token": await _refresh_token(company)})


async def _logout(company: Company) -> Valid:
    return Valid("/auth/logout", {"refresh_token": await _refresh_token(company)})


async def _logout_all(company: Company) -> Valid:
    """By another owner, signed in twice: the company's client stays signed in."""
    async with register_company(company.client._transport.app) as other:  # type: ignore[attr-defined]
        account = {"email": other.email, "password": PASSWORD}
        answer = await other.client.post("/api/v1/auth/login", json=account)
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return Valid("/auth/logout-all", headers=headers)


async def _end_session(company: Company) -> Valid:
    """Another session of the owner."""
    await _refresh_token(company)
    listed = await company.client.get("/api/v1/auth/sessions?sort=-id&limit=1")
    return Valid(f"/auth/sessions/{listed.json()['data'][0]['id']}")


async def _password(company: Company) -> Valid:
    """By another owner, who does not sign in again."""
    async with register_company(company.client._transport.app) as other:  # type: ignore[attr-defined]
        headers = {"Authorization": other.client.headers["authorization"]}
    body = {"current_password": PASSWORD, "new_password": f"a meadow behind the mill {tag()}"}
    return Valid("/auth/password", body, headers)


async def _invitation(_: Company) -> Valid:
    return Valid("/invitations", {"email": f"{tag()}@example.com", "role": "cashier"})


async def _invited(company: Company) -> dict[str, Any]:
    valid = await _invitation(company)
    made: dict[str, Any] = await company.post(valid.path, valid.body)
    return made


async def _withdraw(company: Company) -> Valid:
    return Valid(f"/invitations/{(await _invited(company))['id']}")


async def _join(company: Company) -> Valid:
    token = (await _invited(company))["token"]
    return Valid("/auth/join", {"token": token, "password": PASSWORD, "display_name": "Emil"})


async def _member(company: Company) -> str:
    """The path of a new member, a cashier."""
    valid = await _join(company)
    joined = await company.client.post("/api/v1" + valid.path, json=valid.body)
    assert joined.status_code == 204, joined.text
    listed = await company.get("/members", sort="-id", limit=1)
    return f"/members/{listed['data'][0]['id']}"


async def _change_member(company: Company) -> Valid:
    return Valid(await _member(company), {"role": "buyer"}, {"If-Match": '"1"'})


async def _deactivate_member(company: Company) -> Valid:
    return Valid(f"{await _member(company)}/deactivate", headers={"If-Match": '"1"'})


async def _activate_member(company: Company) -> Valid:
    valid = await _deactivate_member(company)
    await company.client.post("/api/v1" + valid.path, headers=valid.headers)
    return Valid(valid.path.replace("/deactivate", "/activate"), headers={"If-Match": '"2"'})


async def _end_member_sessions(company: Company) -> Valid:
    return Valid(f"{await _member(company)}/end-sessions")


async def _reset_member(company: Company) -> Valid:
    return Valid(f"{await _member(company)}/reset-password")


async def _lift_throttle(company: Company) -> Valid:
    return Valid(f"{await _member(company)}/lift-throttle")


async def _request_reset(company: Company) -> Valid:
    """By another owner, because repeated requests of one owner are delayed."""
    async with register_company(company.client._transport.app) as other:  # type: ignore[attr-defined]
        return Valid("/auth/password/reset-request", {"email": other.email})


async def _reset_password(company: Company) -> Valid:
    """By another owner, who is signed in once."""
    valid = await _request_reset(company)
    await company.client.post("/api/v1" + valid.path, json=valid.body)
    container = company.client._transport.app.state.container  # type: ignore[attr-defined]
    token = (await tokens_sent(container, valid.body["email"]))[-1]
    body = {"token": token, "new_password": f"a meadow behind the mill {tag()}"}
    return Valid("/auth/password/reset", body)


async def _reset_member_mfa(company: Company) -> Valid:
    return Valid(f"{await _member(company)}/reset-mfa")


async def _switch(company: Company) -> Valid:
    """To the current company, the only one of its owner."""
    return Valid("/auth/switch", {"company_id": (await company.get("/auth/me"))["company_id"]})


async def _change_company(company: Company) -> Valid:
    shown = await company.client.get("/api/v1/companies/current")
    body = {
        "name": f"Renamed {tag()}",
        "time_zone": "UTC",
        "tax_rounding": "line",
        "price_difference_policy": "split",
        "mfa_required": False,
        "payout_step_up_required": False,
    }
    return Valid("/companies/current", body, {"If-Match": shown.headers["etag"]})


def _identity(path: str, prepare: Prepare, status: int, **more: Any) -> Route:
    """A route that stores no answers, because they hold secrets (R-21)."""
    return Route(f"POST /auth/{path}", prepare, status, "none", **more)


IDENTITY: Final = (
    _identity(
        "register",
        _register,
        201,
        repeated=1,
        why="a known address makes nothing; the trail of its owner says so (R-22)",
    ),
    _identity("login", _login, 200, repeated=1, why="each login opens a session (AU-01)"),
    _identity(
        "refresh",
        _refresh,
        200,
        why="sent again at once it is superseded by the first exchange, which is refused",
    ),
    _identity("logout", _logout, 204),
    _identity(
        "logout-all",
        _logout_all,
        204,
        audits=2,
        why="one for each session that ends: the owner is signed in twice",
    ),
    Route("DELETE /auth/sessions/{id}", _end_session, 204, "none"),
    _identity("password", _password, 204),
    _identity(
        "password/reset-request",
        _request_reset,
        202,
        repeated=1,
        why="each request sends another token; the newest one counts",
    ),
    _identity(
        "password/reset",
        _reset_password,
        204,
        audits=2,
        why="one more for the session that ends",
    ),
    _identity("join", _join, 204),
    _identity("switch", _switch, 200, repeated=1, why="each switch opens a session (AU-01)"),
    Route("PATCH /companies/current", _change_company, 200),
    *LIFECYCLE,
    Route("PATCH /members/{id}", _change_member, 200),
    Route("POST /members/{id}/activate", _activate_member, 200),
    Route("POST /members/{id}/deactivate", _deactivate_member, 200),
    Route("POST /members/{id}/end-sessions", _end_member_sessions, 200),
    Route("POST /members/{id}/reset-password", _reset_member, 202),
    Route("POST /members/{id}/lift-throttle", _lift_throttle, 200),
    Route("POST /members/{id}/reset-mfa", _reset_member_mfa, 200),
    Route(
        "POST /invitations",
        _invitation,
        201,
        "none",
        repeated=1,
        why="its token is a secret, so no answer is stored; the newest one counts",
    ),
    Route("DELETE /invitations/{id}", _withdraw, 204, "none"),
)
