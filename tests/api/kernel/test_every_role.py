"""Every role against every operation, generated from the OpenAPI document (RB-01, RB-02)."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.api.route import ApiRoute
from app.application.shared.permissions import (
    ALWAYS,
    PLATFORM_PERMISSIONS,
    built_in_roles,
    every_permission,
)
from app.domain.shared.ids import Id, read
from app.main import create_app
from tests.conftest import Running, settings_for
from tests.support.company import PASSWORD, Company, register_company
from tests.support.fingerprint import Rows, changed, rows_of
from tests.support.route import API, Answer, Route, request, send, tag
from tests.support.routes import ROUTES

ONE = "one-permission"  # a role of the company's own, with this permission
ONLY = "stock:read"
LEAST = 1_200  # cells; fewer would mean that the generator lost operations
# Nothing that is refused leaves a row, but for the trail, which may tell of the refusal.
TRAIL = ("audit", "outbox")
# Open to everybody, known or not. A new one has to be added here by hand.
PUBLIC = {
    "GET /",
    "GET /.well-known/jwks.json",
    "GET /api/v1/.well-known/jwks.json",
    "GET /api/v1/health",
    "GET /api/v1/health/live",
    "GET /api/v1/health/ready",
    "GET /api/v1/healthz",
    "GET /api/v1/stats",
    "GET /docs",
    "GET /docs/{name}",
    "GET /errors",
    "GET /errors/",
    "GET /errors/{code}",
    "GET /healthz",
    "GET /metrics",
    "GET /openapi.json",
    "GET /readyz",
    "POST /api/v1/auth/join",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/logout",
    "POST /api/v1/auth/mfa/verify",
    "POST /api/v1/auth/password/reset",
    "POST /api/v1/auth/password/reset-request",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/auth/register",
}
# What a valid request of the catalogue needs beside the permission that its route declares.
BESIDES = {
    "POST /products/batch": {"adjustments:write"},  # its products come with opening stock
    "POST /returns": {"unlinked_returns:write"},  # one of its lines names no sale
    "POST /returns/batch": {"unlinked_returns:write"},
    # Nobody can grant, or change, more than they hold.
    "PATCH /members/{id}": built_in_roles()["cashier"] | built_in_roles()["buyer"],
    "POST /members/{id}/activate": built_in_roles()["cashier"],
    "POST /members/{id}/deactivate": built_in_roles()["cashier"],
    "POST /members/{id}/end-sessions": built_in_roles()["cashier"],
    "POST /members/{id}/reset-password": built_in_roles()["cashier"],
    "POST /members/{id}/lift-throttle": built_in_roles()["cashier"],
    "POST /members/{id}/reset-mfa": built_in_roles()["cashier"],
    "POST /invitations": built_in_roles()["cashier"],
    "POST /api-keys": {"units:read", "sales:write"},
    "PATCH /api-keys/{id}": {"units:read", "sales:write"},
    "POST /api-keys/{id}/rotate": {"units:read", "sales:write"},
    "POST /roles": {"sales:read", "units:read"},
    "PATCH /roles/{id}": {"sales:read", "units:read", "returns:read"},
    "POST /roles/{id}/activate": {"sales:read", "units:read"},
    "POST /roles/{id}/deactivate": {"sales:read", "units:read"},
}
# Another company is made for them, whose owner asks; and the platform's take no token of a company.
OF_OTHERS = {route for route in ROUTES if "-deletion" in route or "/platform/" in route}
# They end or open sessions of a user who signed in for them, not of the member.
OF_ONESELF = {route for route in ROUTES if " /auth/" in route}


@dataclass
class Staff:
    """A company and the headers of a member in each role."""

    app: Any
    company: Company
    tenant: Id
    rows: Rows
    members: dict[str, dict[str, str]] = field(default_factory=dict)

    async def hire(self, role: str) -> None:
        """Invite somebody, who joins and signs in."""
        email = f"{tag()}@example.com"
        invited = await self.company.post("/invitations", {"email": email, "role": role})
        joined = {"token": invited["token"], "password": PASSWORD}
        client = self.company.client
        answer = await client.post(f"{API}/auth/join", json=joined)
        assert answer.status_code == 204, answer.text
        account = {"email": email, "password": PASSWORD}
        answer = await client.post(f"{API}/auth/login", json=account)
        self.members[role] = {"authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture(scope="module")
async def staffs(
    running: Callable[[str], Awaitable[Running]],
) -> AsyncIterator[Callable[[str], Awaitable[Staff]]]:
    """The staff of each database, hired when a test first asks for it."""
    made: dict[str, Staff] = {}
    async with AsyncExitStack() as stack:

        async def staff_of(dialect: str) -> Staff:
            if dialect not in made:
                shared = await running(dialect)
                company = await stack.enter_async_context(register_company(shared.app))
                rows = await stack.enter_async_context(rows_of(shared.url))
                tenant = read("cmp", (await company.get("/auth/me"))["company_id"])
                made[dialect] = staff = Staff(shared.app, company, tenant, rows)
                body = {"code": ONE, "name": "One", "permissions": [ONLY]}
                await company.post("/roles", body)
                for role in (*built_in_roles(), ONE):
                    await staff.hire(role)
            return made[dialect]

        yield staff_of


@pytest.fixture
async def staff(staffs: Callable[[str], Awaitable[Staff]], dialect: str) -> Staff:
    return await staffs(dialect)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Method, path below the prefix, and the permissions of every operation; none where public.

    Those of the platform take no token of a company at all.
    """
    for path, methods in document["paths"].items():
        if path.startswith(f"{API}/platform/"):
            continue
        for method, operation in methods.items():
            needed = [operation["x-permission"], *operation.get("x-requires", ())]
            yield (
                method.upper(),
                path.removeprefix(API),
                [each for each in needed if each != "public"],
            )


def held_by(role: str) -> frozenset[str]:
    return built_in_roles()[role] if role in built_in_roles() else ALWAYS | {ONLY}


async def ask(staff: Staff, role: str, method: str, path: str) -> Answer:
    """A request that changes nothing for any caller, because its body is not JSON."""
    here = path.replace("{id}", "nothing").replace("{period}", "2026-01")
    assert "{" not in here, path
    headers = dict(staff.members[role])
    if method == "GET":
        return await send(staff.company, method, here, headers)
    headers |= {"content-type": "application/json", "if-match": '"1"', "idempotency-key": tag()}
    return await send(staff.company, method, here, headers, b'{"')


async def test_every_cell_of_the_matrix(
    staff: Staff, record_property: Callable[[str, object], None]
) -> None:
    """403 with its problem where the permission is missing, and only there; no row changes.

    The body of each command is broken: a caller with the permission gets 400, others are refused
    before it is read.
    """
    before = await staff.rows.fingerprint(staff.tenant)
    size, refused = 0, 0
    wrong: list[Any] = []
    for method, path, needed in operations(staff.app.openapi()):
        for role in staff.members if needed else ():
            size += 1
            answer = await ask(staff, role, method, path)
            missing = not held_by(role).issuperset(needed)
            refused += missing
            if missing:
                right = answer.status == 403 and answer.json()["code"] == "auth.permission_missing"
                right = right and answer.headers["content-type"] == "application/problem+json"
            elif method == "GET":
                right = answer.status in {200, 404, 422}
            else:
                right = answer.status == 400 and answer.json()["code"] == "common.malformed_json"
            if not right:
                wrong.append((role, method, path, answer.status, answer.body[:200]))
    assert wrong == []
    after = await staff.rows.fingerprint(staff.tenant)
    left = {name for name in changed(before, after) if not name.startswith(TRAIL)}
    assert left == set()
    assert size >= LEAST
    assert refused > size // 3
    record_property("cells", size)
    print(f"{size} cells, {refused} of them refused")


async def test_the_declared_permission_is_all_that_a_route_needs(staff: Staff) -> None:
    """A role of nothing else carries out every command; a command asks for no other permission."""
    roles = await staff.company.get("/roles", built_in="false")
    [role] = [each for each in roles["data"] if each["code"] == ONE]
    document = staff.app.openapi()
    needed = {f"{method} {path}": names for method, path, names in operations(document)}
    for route in ROUTES.values():
        if route.operation in OF_ONESELF | OF_OTHERS:
            continue
        permissions = {*needed[route.operation], *BESIDES.get(route.operation, ())}
        role = await set_role(staff.company, role, permissions)
        answer = await carried_out(staff, route)
        assert answer.status == route.status, (route.operation, answer.status, answer.body)
    await set_role(staff.company, role, {ONLY})


async def set_role(company: Company, role: Any, permissions: set[str]) -> Any:
    """Give the role another set; who has it may do that at once."""
    answer = await company.client.patch(
        f"{API}/roles/{role['id']}",
        json={"permissions": sorted(permissions)},
        headers={"If-Match": f'"{role["version"]}"'},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def carried_out(staff: Staff, route: Route) -> Answer:
    """The answer to a valid request of the member with the company's own role."""
    valid = await route.prepare(staff.company)
    headers = {**valid.headers, **staff.members[ONE]}
    return await request(
        staff.company, route, type(valid)(valid.path, valid.body, headers), key=tag()
    )


def test_what_is_open_to_everybody_stands_in_a_list() -> None:
    """RB-01: somebody wrote it; also what the document does not show, and what it does is alike."""
    app = create_app(settings_for("sqlite:///unused.db"))
    routes = [each for each in app.router.routes if isinstance(each, ApiRoute)]
    declared = {
        f"{method} {route.path}": (route.openapi_extra or {})["x-permission"]
        for route in routes
        for method in route.methods or ()
    }
    assert {route for route, permission in declared.items() if permission == "public"} == PUBLIC
    shown = {
        f"{method.upper()} {path}": operation["x-permission"]
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
    }
    assert shown.items() <= declared.items()
    assert set(shown.values()) - {"public"} <= every_permission() | PLATFORM_PERMISSIONS
