"""Headers, hosts, origins, compression, overload (S0-32, S2-14, S1-07, PR-02, PR-05, PR-06)."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from starlette.responses import Response

from app.api.middleware import EdgeConfig
from app.api.middleware.security import API_POLICY, DOCS_POLICY
from app.api.route import PUBLIC, new_router, permission
from tests.api.edge.support import Edge, call, json_body, make_edge, problem, sample_router

LARGE = {"data": [{"name": f"product {number}", "price": "12.50"} for number in range(100)]}
SMALL = {"data": "x" * 900}


def payload_router(gate: asyncio.Event | None = None) -> APIRouter:
    router = new_router(prefix="/api/v1")

    def add(path: str, value: Any, headers: dict[str, str] | None = None) -> None:
        async def answer() -> Response:
            return Response(
                httpx.Response(200, json=value).content, 200, headers, media_type="application/json"
            )

        router.add_api_route(path, answer, openapi_extra=permission(PUBLIC))

    add("/large", LARGE)
    add("/small", SMALL)
    add("/auth/keys", LARGE)
    add("/cached", {}, {"Cache-Control": "private, max-age=60"})

    @router.get("/wait", openapi_extra=permission(PUBLIC))
    async def wait() -> dict[str, str]:
        await (gate or asyncio.Event()).wait()
        return {}

    return router


@pytest.fixture(scope="module")
def edge() -> Edge:
    return make_edge(sample_router(), payload_router(), config=EdgeConfig(limits=None))


# --- security headers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "policy"),
    [
        ("GET", "/api/v1/orders", API_POLICY),
        ("GET", "/api/v1/nothing", API_POLICY),
        ("DELETE", "/api/v1/orders", API_POLICY),
        ("OPTIONS", "/api/v1/orders", API_POLICY),
        ("GET", "/healthz", API_POLICY),
        ("GET", "/docs", DOCS_POLICY),
        ("GET", "/docs/init.js", DOCS_POLICY),
        ("GET", "/errors/common.not_found", DOCS_POLICY),
    ],
)
async def test_every_answer_is_hardened(edge: Edge, method: str, path: str, policy: bytes) -> None:
    """S0-32, PR-05: on the API, on its refusals and on the pages."""
    answer = await edge.client.request(method, path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["content-security-policy"] == policy.decode()
    assert "frame-ancestors 'none'" in policy.decode()
    assert "unsafe" not in policy.decode()
    assert "strict-transport-security" not in answer.headers
    assert "server" not in answer.headers


async def test_hsts_only_in_production() -> None:
    edge = make_edge(config=EdgeConfig(hsts=True))
    answer = await edge.client.get("/healthz")
    assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"


async def test_no_store_unless_the_resource_says_otherwise(edge: Edge) -> None:
    for path, expected in (
        ("/api/v1/orders", "no-store"),
        ("/nothing", "no-store"),
        ("/api/v1/cached", "private, max-age=60"),
        ("/docs/init.js", "public, max-age=86400"),
    ):
        answer = await edge.client.get(path)
        assert answer.headers.get_list("cache-control") == [expected]


# --- headers that stand once ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["Host", "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Range"],
)
async def test_a_header_that_may_stand_once_is_refused_twice(edge: Edge, name: str) -> None:
    """Also with the same value: two readers must not differ in what the request says."""
    once = (name.lower().encode(), b"test")
    others = [] if name == "Host" else [(b"host", b"test")]
    status, headers, body = await call(edge.app, path="/healthz", headers=[*others, once, once])
    document = json_body(body)
    assert (status, document["code"]) == (400, "common.header_repeated")
    assert name in document["detail"]
    assert headers[b"connection"] == b"close"
    status, _, _ = await call(edge.app, path="/healthz", headers=[*others, once])
    assert status == 200


# --- hosts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hosts", "allowed"),
    [
        ([b"shop.example.com"], True),
        ([b"SHOP.example.com:8443"], True),
        ([b"a.b.example.org"], True),
        ([b"[::1]:8000"], True),
        ([b"[::1]"], True),
        ([b"example.org"], False),
        ([b"evil-example.org"], False),
        ([b"shop.example.com.evil.test"], False),
        ([b""], False),
        ([], False),
    ],
)
async def test_only_listed_hosts_are_served(hosts: list[bytes], allowed: bool) -> None:
    """PR-02."""
    listed = ("shop.example.com", "*.example.org", "[::1]")
    edge = make_edge(config=EdgeConfig(allowed_hosts=listed))
    status, headers, body = await call(
        edge.app, path="/healthz", headers=[(b"host", host) for host in hosts]
    )
    if allowed:
        assert status == 200
    else:
        assert (status, json_body(body)["code"]) == (400, "common.host_refused")
        assert headers[b"connection"] == b"close"


# --- cross-origin --------------------------------------------------------------------------------

ORIGIN = "https://shop.example.com"


@pytest.fixture(scope="module")
def cors() -> Edge:
    return make_edge(sample_router(), config=EdgeConfig(cors_origins=(ORIGIN,), limits=None))


def preflight(origin: str, method: str = "POST", headers: str = "content-type") -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }


async def test_a_listed_origin_may_ask(cors: Edge) -> None:
    """S1-07, PR-06."""
    wanted = preflight(ORIGIN, "PATCH", "authorization, if-match, idempotency-key, x-request-id")
    answer = await cors.client.options("/api/v1/orders", headers=wanted)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-credentials" not in answer.headers
    for method, path, status in (
        ("GET", "/api/v1/orders", 200),
        ("POST", "/api/v1/orders", 422),
        ("GET", "/nothing", 404),
    ):
        answer = await cors.client.request(method, path, headers={"Origin": ORIGIN})
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "Origin" in answer.headers["vary"]
        assert "X-Request-ID" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    "wanted",
    [
        preflight("https://evil.test"),
        preflight("null"),
        preflight(ORIGIN + ".evil.test"),
        preflight("http://shop.example.com"),
        preflight(ORIGIN, "TRACE"),
        preflight(ORIGIN, "POST", "x-evil"),
    ],
)
async def test_other_origins_methods_and_headers_are_refused(
    cors: Edge, wanted: dict[str, str]
) -> None:
    answer = await cors.client.options("/api/v1/orders", headers=wanted)
    problem(answer, 403, "common.origin_refused")
    assert "access-control-allow-origin" not in answer.headers
    assert "Origin" in answer.headers["vary"]
    answer = await cors.client.get("/api/v1/orders", headers={"Origin": "https://evil.test"})
    assert "access-control-allow-origin" not in answer.headers


async def test_options_without_a_preflight_is_answered_by_the_router(cors: Edge) -> None:
    answer = await cors.client.options("/api/v1/orders", headers={"Origin": ORIGIN})
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")


# --- compression ---------------------------------------------------------------------------------


async def compressed(edge: Edge, path: str, accepted: str) -> tuple[str | None, int, bytes]:
    """The coding of an answer, its size on the wire, and its content."""
    answer = await edge.client.get(path, headers={"Accept-Encoding": accepted})
    assert answer.status_code == 200
    coding = answer.headers.get("content-encoding")
    return coding, int(answer.headers["content-length"]), answer.content


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("zstd, br, gzip", "zstd"),
        ("br, gzip", "br"),
        ("gzip", "gzip"),
        ("gzip;q=0", None),
        ("identity", None),
    ],
)
async def test_large_answers_are_compressed(
    edge: Edge, accepted: str, encoding: str | None
) -> None:
    """S2-14: the answer is the same, and at most a fifth of the size."""
    _, size, plain = await compressed(edge, "/api/v1/large", "identity")
    assert size == len(plain) > 3_000
    got, size, content = await compressed(edge, "/api/v1/large", accepted)
    assert got == encoding
    assert content == plain
    assert encoding is None or size * 5 < len(plain)


async def test_small_and_secret_answers_are_not_compressed(edge: Edge) -> None:
    assert (await compressed(edge, "/api/v1/small", "gzip"))[0] is None
    assert (await compressed(edge, "/api/v1/auth/keys", "zstd, br, gzip"))[0] is None


async def test_compression_can_be_switched_off() -> None:
    edge = make_edge(payload_router(), config=EdgeConfig(compress=False))
    assert (await compressed(edge, "/api/v1/large", "gzip"))[0] is None


# --- overload ------------------------------------------------------------------------------------


async def test_more_than_the_service_takes_is_shed_at_once() -> None:
    """AC-12, RL-08: 503 with Retry-After; probes still pass; places are given back."""
    gate = asyncio.Event()
    edge = make_edge(payload_router(gate), config=EdgeConfig(limits=None, max_in_flight=3))
    waiting = [asyncio.create_task(edge.client.get("/api/v1/wait")) for _ in range(3)]
    await asyncio.sleep(0.05)
    answer = await edge.client.get("/api/v1/large")
    problem(answer, 503, "common.overloaded")
    assert answer.headers["retry-after"] == "1"
    assert (await edge.client.get("/healthz")).status_code == 200
    gate.set()
    assert [done.status_code for done in await asyncio.gather(*waiting)] == [200, 200, 200]
    assert (await edge.client.get("/api/v1/large")).status_code == 200
