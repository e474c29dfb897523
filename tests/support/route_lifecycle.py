"""The mutating routes of export, suspension and deletion of companies."""

from typing import Final

from app.domain.shared.ids import read
from tests.support.company import Company, register_company
from tests.support.operators import make_operator
from tests.support.route import Route, Valid


async def _export(company: Company) -> Valid:
    """After the one before is made: there is one at a time."""
    container = company.client._transport.app.state.container  # type: ignore[attr-defined]
    await container.exporting.look(read("cmp", (await company.get("/auth/me"))["company_id"]))
    return Valid("/exports")


async def _platform(company: Company) -> dict[str, str]:
    """The header of an operator of the platform."""
    app = company.client._transport.app  # type: ignore[attr-defined]
    if "platform" not in company.ids:
        company.ids["platform"] = (await make_operator(app))["Authorization"]
    return {"Authorization": company.ids["platform"]}


def _upon(verb: str, *before: str) -> Route:
    """An act upon a company of its own, after others."""

    async def prepare(company: Company) -> Valid:
        headers = await _platform(company)
        async with register_company(company.client._transport.app) as other:  # type: ignore[attr-defined]
            path = f"/platform/companies/{(await other.get('/auth/me'))['company_id']}"
        for each in before:
            answer = await company.client.post(
                f"/api/v1{path}/{each}", json={"reason": "First"}, headers=headers
            )
            assert answer.status_code == 200, answer.text
        return Valid(f"{path}/{verb}", {"reason": "Unpaid since January"}, headers)

    return Route(f"POST /platform/companies/{{id}}/{verb}", prepare, 200)


async def _leave_platform(company: Company) -> Valid:
    app = company.client._transport.app  # type: ignore[attr-defined]
    return Valid("/platform/logout", headers=await make_operator(app))


async def _close(company: Company) -> Valid:
    """Another company; the one under test goes on."""
    async with register_company(company.client._transport.app) as other:  # type: ignore[attr-defined]
        headers = {"Authorization": other.client.headers["authorization"]}
    return Valid("/companies/current/schedule-deletion", {"name": "Test Trading"}, headers)


async def _keep(company: Company) -> Valid:
    valid = await _close(company)
    closed = await company.client.post(
        "/api/v1" + valid.path, json=valid.body, headers=valid.headers
    )
    assert closed.status_code == 200, closed.text
    return Valid("/companies/current/cancel-deletion", headers=valid.headers)


async def _preferences(company: Company) -> Valid:
    version = (await company.get("/auth/preferences"))["version"]
    zone = "Europe/Oslo" if version % 2 else "Europe/Rome"
    return Valid("/auth/preferences", {"time_zone": zone}, {"If-Match": f'"{version}"'})


async def _found(company: Company) -> Valid:
    """By another owner, because a user may own few companies."""
    async with register_company(company.client._transport.app) as other:  # type: ignore[attr-defined]
        headers = {"Authorization": other.client.headers["authorization"]}
    body = {"name": "The second", "currency": "GBP", "time_zone": "UTC"}
    return Valid("/companies", body, headers)


LIFECYCLE: Final = (
    Route("PATCH /auth/preferences", _preferences, 200),
    Route("POST /companies", _found, 201, "none"),
    Route("POST /companies/current/schedule-deletion", _close, 200),
    Route("POST /companies/current/cancel-deletion", _keep, 200),
    Route("POST /exports", _export, 202),
    _upon("suspend"),
    _upon("resume", "suspend"),
    _upon("schedule-deletion", "suspend"),
    _upon("cancel-deletion", "suspend", "schedule-deletion"),
    Route(
        "POST /platform/logout",
        _leave_platform,
        204,
        "none",
        audits=0,
        why="no company is concerned: the acts of operators tell of it",
    ),
)
