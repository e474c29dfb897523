"""Two companies on one database, one of which owns an object of every kind."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from app.domain.shared.ids import Id, UlidFactory, read, show
from tests.support.company import Company, register_company
from tests.support.fingerprint import Fingerprint, Rows, rows_of
from tests.support.mutations import Contract, Ids
from tests.support.route import API, request, tag
from tests.support.route_api_keys import made_key
from tests.support.route_documents import CLOSED_THROUGH
from tests.support.route_factors import a_security_key
from tests.support.routes import ROUTES

# Made from an instant before any object: no object has these ids.
_new_id = UlidFactory(lambda: 1_000_000_000_000)


@dataclass
class World:
    """``company`` is the one under test; ``foreign`` are the ids of ``other``, by list."""

    company: Company
    other: Company
    rows: Rows
    contract: Contract
    tenants: tuple[Id, Id]
    foreign: dict[str, str]
    ids: Ids

    async def fingerprint(self) -> Fingerprint:
        """What the database holds of both companies."""
        return await self.rows.fingerprint(*self.tenants)


async def make_world(application: Any, database_url: str, stack: AsyncExitStack) -> World:
    """Register both companies; ``stack`` closes their clients."""
    company = await stack.enter_async_context(register_company(application))
    other = await stack.enter_async_context(register_company(application))
    await company.post(f"/periods/{CLOSED_THROUGH}/close", {}, status=200)
    foreign = await _objects_of(other)
    them = await other.get("/auth/me")
    foreign["/auth/sessions"], foreign["/members"] = them["session_id"], them["user_id"]
    foreign["/sessions"] = them["session_id"]
    foreign["/auth/companies"] = them["company_id"]
    foreign["/audit-entries"] = (await other.get("/audit-entries"))["data"][0]["id"]
    invitation = {"email": f"{tag()}@example.com", "role": "viewer"}
    foreign["/invitations"] = (await other.post("/invitations", invitation))["id"]
    foreign["/auth/mfa/security-keys"] = await a_security_key(other)
    foreign["/api-keys"] = (await made_key(other))["id"]
    foreign["/exports"] = (await other.post("/exports", None, status=202))["id"]
    prefixes = [each.partition("_")[0] for each in foreign.values()]
    return World(
        company=company,
        other=other,
        rows=await stack.enter_async_context(rows_of(database_url)),
        contract=Contract(application.openapi()),
        tenants=(await _tenant(company), await _tenant(other)),
        foreign=foreign,
        ids=Ids(
            foreign=dict(zip(prefixes, foreign.values(), strict=True)),
            missing={prefix: show(prefix, _new_id()) for prefix in prefixes},
        ),
    )


async def _objects_of(company: Company) -> dict[str, str]:
    """An object of every kind that a route makes, by the path of its list."""
    found: dict[str, str] = {}
    for route in ROUTES.values():
        if route.status != 201 or route.key == "none":
            continue
        valid = await route.prepare(company)
        answer = await request(company, route, valid, tag())
        assert answer.status == 201, (route.operation, answer.body)
        path, _, id_ = answer.headers["location"].removeprefix(API).rpartition("/")
        found[path] = id_
    return found


async def _tenant(company: Company) -> Id:
    return read("cmp", (await company.get("/auth/me"))["company_id"])
