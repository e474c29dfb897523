"""Rate limits by class and caller, on a virtual clock (S0-23, S0-24, S0-26, S2-16, X-04, AC-12)."""

import pytest
from fastapi import APIRouter
from starlette.types import Scope

from app.api.middleware import EdgeConfig
from app.api.middleware.rate_limit import (
    ANONYMOUS,
    AUTH,
    AUTHENTICATED,
    PROBE,
    PUBLIC,
    RateLimits,
)
from app.api.route import PUBLIC as PUBLIC_PERMISSION
from app.api.route import new_router, permission
from app.application.shared.rate_limit import Budget
from tests.api.edge.support import Edge, call, json_body, make_edge, problem, sample_router


def auth_router() -> APIRouter:
    router = new_router(prefix="/api/v1/auth")

    @router.post("/login", openapi_extra=permission(PUBLIC_PERMISSION))
    async def login() -> dict[str, str]:
        return {}

    @router.get("/me", openapi_extra=permission(PUBLIC_PERMISSION))
    async def me() -> dict[str, str]:
        return {}

    return router


async def token_owner(scope: Scope) -> str | None:
    """Knows one token; a token that merely looks like one is nobody."""
    headers = dict(scope["headers"])
    token = headers.get(b"authorization", b"").decode()
    return token.removeprefix("Bearer good-") if token.startswith("Bearer good-") else None


def edge_with(limits: RateLimits | None = None, **config: object) -> Edge:
    return make_edge(
        auth_router(),
        sample_router(),
        config=EdgeConfig(limits=limits or RateLimits(), **config),  # type: ignore[arg-type]
        principal_of=token_owner,
    )


async def statuses(edge: Edge, count: int, path: str = "/api/v1/auth/login") -> list[int]:
    return [(await edge.client.post(path)).status_code for _ in range(count)]


async def test_login_has_30_a_minute_and_a_burst_of_60() -> None:
    """S0-23: the bucket to the request, on a clock of the test."""
    edge = edge_with()
    assert await statuses(edge, 61) == [200] * 60 + [429]
    edge.clock.advance(1.999)
    assert await statuses(edge, 1) == [429]
    edge.clock.advance(0.001)
    assert await statuses(edge, 2) == [200, 429]
    edge.clock.advance(60)
    assert await statuses(edge, 31) == [200] * 30 + [429]
    edge.clock.advance(3_600)
    assert await statuses(edge, 61) == [200] * 60 + [429]


async def test_429_says_when_to_come_back() -> None:
    """S0-24: header and member, and waiting that long is enough."""
    edge = edge_with()
    await statuses(edge, 60)
    answer = await edge.client.post("/api/v1/auth/login")
    body = problem(answer, 429, "common.rate_limited")
    assert (answer.headers["retry-after"], body["retry_after_seconds"]) == ("2", 2)
    assert "2 seconds" in body["detail"]
    assert answer.headers["ratelimit"] == '"auth";r=0;t=120'
    edge.clock.advance(2)
    assert await statuses(edge, 1) == [200]


async def test_every_answer_tells_the_budget() -> None:
    """AC-12: also problems; the policy states quota and window."""
    edge = edge_with()
    login = await edge.client.post("/api/v1/auth/login")
    assert login.headers["ratelimit-policy"] == '"auth";q=30;w=60'
    assert login.headers["ratelimit"] == '"auth";r=59;t=2'
    missing = await edge.client.get("/nothing")
    assert missing.headers["ratelimit-policy"] == '"anonymous";q=30;w=60'
    assert missing.headers["ratelimit"] == '"anonymous";r=59;t=2'
    refused = await edge.client.post("/api/v1/orders", content=b"x" * 3_000_000)
    assert refused.status_code == 413
    assert refused.headers["ratelimit-policy"] == '"public";q=100;w=60'
    assert refused.headers["ratelimit"] == '"public";r=99;t=1'


@pytest.mark.parametrize(
    ("limits", "path", "count"),
    [
        (RateLimits(), "/api/v1/auth/login", 60),
        (RateLimits(), "/api/v1/orders/x/confirm", 100),
        (RateLimits(probe=Budget(5, 60, 5)), "/healthz", 5),
    ],
)
async def test_every_class_has_an_end(limits: RateLimits, path: str, count: int) -> None:
    """S0-26: exceeded, per class."""
    edge = edge_with(limits)
    method = "GET" if path == "/healthz" else "POST"
    codes = [(await edge.client.request(method, path)).status_code for _ in range(count + 1)]
    assert codes == [200] * count + [429]


async def test_a_known_caller_has_a_budget_of_his_own() -> None:
    edge = edge_with(RateLimits(authenticated=Budget(10, 60, 10)))
    for name in ("anna", "ben"):
        headers = {"Authorization": f"Bearer good-{name}"}
        codes = [
            (await edge.client.get("/api/v1/orders", headers=headers)).status_code
            for _ in range(11)
        ]
        assert codes == [200] * 10 + [429]
    assert (await edge.client.get("/api/v1/orders")).status_code == 200


async def test_the_default_for_known_callers_carries_a_replay() -> None:
    """A year's replay sends more than a thousand requests a minute from one caller."""
    edge = edge_with()
    headers = {"Authorization": "Bearer good-anna"}
    codes = {
        (await edge.client.get("/healthz/none", headers=headers)).status_code for _ in range(1)
    }
    answer = await edge.client.get("/api/v1/orders", headers=headers)
    assert codes == {404}
    assert answer.headers["ratelimit-policy"] == '"authenticated";q=6000;w=60'


async def test_made_up_tokens_open_no_new_budget() -> None:
    edge = edge_with(RateLimits(public=Budget(5, 60, 5)))
    codes = [
        (
            await edge.client.get(
                "/api/v1/orders", headers={"Authorization": f"Bearer made-up-{number}"}
            )
        ).status_code
        for number in range(6)
    ]
    assert codes == [200] * 5 + [429]


async def test_a_token_does_not_help_against_the_login_limit() -> None:
    edge = edge_with(RateLimits(auth=Budget(2, 60, 2)))
    codes = [
        (
            await edge.client.post(
                "/api/v1/auth/login", headers={"Authorization": f"Bearer good-user{number}"}
            )
        ).status_code
        for number in range(3)
    ]
    assert codes == [200, 200, 429]


async def test_every_route_has_a_class_with_a_budget() -> None:
    """S2-16: over the whole route table."""
    edge = edge_with()
    limits = RateLimits()
    seen = set()
    for route in edge.app.router.routes:
        for method in route.methods:  # type: ignore[attr-defined]
            for known, public in ((True, True), (True, False), (False, True), (False, False)):
                name = limits.class_of(method, route.path, known=known, public=public)  # type: ignore[attr-defined]
                budget = limits.budgets()[name]
                assert budget.tokens > 0
                assert budget.burst > 0
                seen.add(name)
    assert seen == {AUTH, ANONYMOUS, PUBLIC, AUTHENTICATED, PROBE}
    assert limits.class_of("GET", "/api/v1/auth/me", known=True, public=False) == AUTHENTICATED
    assert limits.class_of("GET", "/api/v1/auth/me", known=False, public=False) == ANONYMOUS
    assert limits.class_of("GET", "/docs", known=False, public=True) == PUBLIC


async def test_limits_can_be_switched_off() -> None:
    edge = make_edge(auth_router(), config=EdgeConfig(limits=None))
    assert await statuses(edge, 200) == [200] * 200
    assert "ratelimit" not in (await edge.client.get("/healthz")).headers


# --- forwarded addresses -------------------------------------------------------------------------


async def forwarded(edge: Edge, *values: str) -> int:
    headers = [(b"host", b"test")] + [(b"x-forwarded-for", value.encode()) for value in values]
    status, _, body = await call(
        edge.app, method="POST", path="/api/v1/auth/login", headers=headers
    )
    assert status == 200 or json_body(body)["code"] == "common.rate_limited"
    return status


async def test_forwarded_addresses_count_only_from_trusted_proxies() -> None:
    """S3-26, PR-02: from anybody else the header is a way around the limit."""
    limits = RateLimits(auth=Budget(1, 60, 1))
    open_edge = edge_with(limits)
    assert await forwarded(open_edge, "198.51.100.1") == 200
    assert await forwarded(open_edge, "198.51.100.2") == 429
    proxied = edge_with(limits, trusted_proxies=("203.0.113.0/24", "10.0.0.1"))
    assert await forwarded(proxied, "198.51.100.1") == 200
    assert await forwarded(proxied, "198.51.100.1") == 429
    assert await forwarded(proxied, "198.51.100.2") == 200
    assert await forwarded(proxied, "1.2.3.4, 198.51.100.2") == 429
    assert await forwarded(proxied, "1.2.3.4", "198.51.100.2, 10.0.0.1") == 429


# --- what a request costs ------------------------------------------------------------------------


def weighed_router() -> APIRouter:
    router = new_router(prefix="/api/v1/reports")

    @router.get("/{name}", openapi_extra=permission("reports:read"))
    async def report(name: str) -> dict[str, str]:
        return {"name": name}

    return router


async def test_a_dear_request_takes_what_its_route_says() -> None:
    """X-04: the headers tell it, and a budget that is too small for it refuses in time."""
    edge = make_edge(
        weighed_router(),
        sample_router(),
        config=EdgeConfig(limits=RateLimits(authenticated=Budget(60, 60, 25))),
        principal_of=token_owner,
    )
    headers = {"Authorization": "Bearer good-anna"}

    async def get(path: str) -> tuple[int, str, str | None]:
        answer = await edge.client.get(path, headers=headers)
        return answer.status_code, answer.headers["ratelimit"], answer.headers.get("retry-after")

    assert await get("/api/v1/reports/sums") == (200, '"authenticated";r=15;t=10', None)
    assert await get("/api/v1/orders") == (200, '"authenticated";r=14;t=11', None)
    assert await get("/api/v1/reports/sums") == (200, '"authenticated";r=4;t=21', None)
    assert await get("/api/v1/reports/sums") == (429, '"authenticated";r=0;t=21', "6")
    assert await get("/api/v1/orders") == (200, '"authenticated";r=3;t=22', None)
    edge.clock.advance(7)
    assert await get("/api/v1/reports/sums") == (200, '"authenticated";r=0;t=25', None)


async def test_no_request_costs_more_than_a_full_bucket() -> None:
    """A small budget slows a dear route down; it does not close it."""
    edge = make_edge(
        weighed_router(),
        config=EdgeConfig(limits=RateLimits(authenticated=Budget(60, 60, 5))),
        principal_of=token_owner,
    )
    headers = {"Authorization": "Bearer good-anna"}
    codes = [
        (await edge.client.get("/api/v1/reports/sums", headers=headers)).status_code
        for _ in range(2)
    ]
    assert codes == [200, 429]


async def test_only_public_routes_have_the_wider_budget_of_strangers() -> None:
    """Those who guess at tokens or paths have 30 a minute, as at the login."""
    edge = edge_with()
    for path, name in (
        ("/api/v1/orders", "public"),
        ("/healthz", "probe"),
        ("/nothing", "anonymous"),
        ("/api/v1/orders/x/y/z", "anonymous"),
    ):
        answer = await edge.client.get(path)
        assert answer.headers["ratelimit-policy"].startswith(f'"{name}";'), path
