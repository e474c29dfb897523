"""Health, readiness, metrics, statistics (S0-13..18, S1-38, S4-11, X-02, X-11)."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from prometheus_client.parser import text_string_to_metric_families

from app.api import health
from app.api.errors import faulty
from app.api.health import DETAILED_PERMISSION, api_router
from app.api.routing import check_permissions_declared, include
from app.domain.shared.errors import PermissionMissing
from app.infrastructure.observability.metrics import BUCKETS, AppMetrics, LoopLag
from tests.api.edge.support import Edge, make_edge, sample_router


@pytest.fixture
def edge() -> Edge:
    return make_edge(sample_router())


async def body(edge: Edge, path: str, status: int) -> dict[str, object]:
    answer = await edge.client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert ("retry-after" in answer.headers) is (status == 503)
    parsed: dict[str, object] = answer.json()
    return parsed


HEALTH = ["/healthz", "/api/v1/healthz", "/api/v1/health"]
READY = ["/readyz", "/api/v1/health/ready"]


@pytest.mark.parametrize("path", HEALTH)
async def test_health_tells_database_and_flags_and_nothing_else(edge: Edge, path: str) -> None:
    """S0-13, S1-38: exactly these members; 503 when the database is down."""
    well = {"status": "ok", "database": "ok", "degraded": False, "fallback_active": False}
    assert await body(edge, path, 200) == well
    edge.health.states = {"fallback": True, "degraded": True, "internal_host_db7": True}
    assert await body(edge, path, 200) == {
        "status": "degraded",
        "database": "ok",
        "degraded": True,
        "fallback_active": True,
    }
    edge.health.alive = False
    assert (await body(edge, path, 503))["status"] == "down"


@pytest.mark.parametrize("path", READY)
async def test_readiness_needs_database_schema_and_seed(edge: Edge, path: str) -> None:
    """S0-14: not ready before migration and seed, ready after."""
    ready = {"database": True, "schema": True, "seed": True, "accepting": True, "writable": True}
    assert await body(edge, path, 200) == {"status": "ready", "checks": ready}
    for attribute, missing in (
        ("seed", {"seed": False}),
        ("current", {"schema": False}),
        ("alive", {"database": False}),
    ):
        setattr(edge.health, attribute, False)
        answer = await body(edge, path, 503)
        assert answer["status"] == "not_ready"
        checks = answer["checks"]
        assert isinstance(checks, dict)
        assert {name: ok for name, ok in checks.items() if not ok} == missing


async def test_readiness_goes_red_while_draining_or_degraded(edge: Edge) -> None:
    """S0-03, RL-12."""
    for flag, check in (("draining", "accepting"), ("degraded", "writable")):
        edge.health.states = {flag: True}
        answer = await body(edge, "/readyz", 503)
        assert answer["checks"][check] is False  # type: ignore[index]


async def test_liveness_never_asks_the_database(edge: Edge) -> None:
    """S0-15: a broken database fails readiness, not liveness."""
    edge.health.alive = False
    assert await body(edge, "/api/v1/health/live", 200) == {"status": "ok"}
    assert edge.health.pings == 0
    await body(edge, "/readyz", 503)
    assert edge.health.pings == 1


async def test_a_check_that_raises_counts_as_failed(edge: Edge) -> None:
    async def broken() -> bool:
        raise RuntimeError("postgresql://user:secret@db7/tradepost")

    edge.health.ping = broken  # type: ignore[method-assign]
    answer = await edge.client.get("/healthz")
    assert answer.status_code == 503
    assert "secret" not in answer.text
    assert "db7" not in answer.text


async def test_a_check_that_hangs_is_asked_once_and_not_waited_for(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that stands still cannot even be told to cancel; probes are answered at once."""
    monkeypatch.setattr(health, "WAIT_SECONDS_MAX", 0.02)
    monkeypatch.setattr(health, "PASSED_SECONDS_MAX", 600)
    answering = asyncio.Event()
    pings = 0

    async def hanging() -> bool:
        nonlocal pings
        pings += 1
        await answering.wait()
        return True

    assert await body(edge, "/healthz", 200)
    edge.health.ping = hanging  # type: ignore[method-assign]
    # It passed a moment ago: a slow answer is no reason to be sent no requests.
    assert await body(edge, "/healthz", 200)
    monkeypatch.setattr(health, "PASSED_SECONDS_MAX", 0)
    down = await asyncio.gather(*(edge.client.get(path) for path in [*HEALTH, *READY] * 4))
    assert {answer.status_code for answer in down} == {503}
    assert pings == 1
    answering.set()
    assert await body(edge, "/healthz", 200)


async def test_details_need_the_permission() -> None:
    """S4-11."""

    def deny() -> None:
        raise faulty(PermissionMissing, [])

    app = FastAPI(openapi_url=None)
    router = api_router(detailed_dependencies=[Depends(deny)])
    include(app, router)
    check_permissions_declared(app)
    detailed = next(r for r in app.router.routes if r.path.endswith("/detailed"))  # type: ignore[attr-defined]
    assert detailed.openapi_extra["x-permission"] == DETAILED_PERMISSION  # type: ignore[attr-defined]
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        with pytest.raises(PermissionMissing):
            await client.get("/api/v1/health/detailed")


async def test_details_list_every_check_with_its_time(edge: Edge) -> None:
    edge.health.states = {"fallback": True}
    details = await body(edge, "/api/v1/health/detailed", 200)
    checks = details.pop("checks")
    assert isinstance(checks, list)
    assert [(check["name"], check["ok"]) for check in checks] == [
        ("database", True),
        ("schema", True),
        ("seed", True),
        ("accepting", True),
        ("writable", True),
    ]
    assert all(0 <= check["duration_ms"] < 1_000 for check in checks)
    assert details == {
        "status": "ready",
        "version": "1.2.3",
        "uptime_seconds": 0,
        "flags": {"fallback": True},
        "stats": {"requests_total": 0, "requests_errors": 0, "avg_latency_ms": 0.0},
    }
    edge.health.seed = False
    assert (await body(edge, "/api/v1/health/detailed", 200))["status"] == "not_ready"


async def test_the_index_names_the_ways_on(edge: Edge) -> None:
    links = await body(edge, "/", 200)
    assert links.pop("name") == "Tradepost"
    assert links.pop("api") == "/api/v1"
    for path in links.values():
        assert (await edge.client.get(str(path))).status_code == 200


# --- figures -------------------------------------------------------------------------------------


def samples(metrics: AppMetrics, name: str) -> Iterator[tuple[dict[str, str], float]]:
    for family in text_string_to_metric_families(metrics.exposition().decode()):
        for sample in family.samples:
            if sample.name == name:
                yield dict(sample.labels), sample.value


def test_statistics_are_exact() -> None:
    """S0-16: totals, errors from 500 on, average."""
    metrics = AppMetrics()
    for status, seconds in ((200, 0.1), (404, 0.2), (500, 0.3), (503, 0.2)):
        metrics.started()
        metrics.finished("GET", "/a", status, seconds)
    assert metrics.stats() == {
        "requests_total": 4,
        "requests_errors": 2,
        "avg_latency_ms": 200.0,
    }


def test_histogram_buckets_hold_what_is_at_most_their_bound() -> None:
    """S0-18: cumulative, by template."""
    metrics = AppMetrics()
    for seconds in (0.0005, 0.001, 0.0011, 0.5, 99.0):
        metrics.started()
        metrics.finished("GET", "/a/{id}", 200, seconds)
    counts = {
        float(labels["le"]): value
        for labels, value in samples(metrics, "http_request_duration_seconds_bucket")
    }
    assert set(counts) == {*BUCKETS, float("inf")}
    assert (counts[0.001], counts[0.0025], counts[0.25], counts[0.5]) == (2, 3, 3, 4)
    assert (counts[10.0], counts[float("inf")]) == (4, 5)
    [(labels, total)] = samples(metrics, "http_request_duration_seconds_sum")
    assert labels == {"method": "GET", "route": "/a/{id}", "status_class": "2xx"}
    assert total == pytest.approx(99.5026)


def test_gauges_are_read_at_each_scrape() -> None:
    metrics = AppMetrics()
    used = [3.0]
    metrics.gauge("db_pool_in_use", "Connections in use.", lambda: used[0])
    assert list(samples(metrics, "db_pool_in_use")) == [({}, 3.0)]
    used[0] = 5.0
    assert list(samples(metrics, "db_pool_in_use")) == [({}, 5.0)]


async def test_loop_lag_sees_a_blocked_loop() -> None:
    """S3-19: what blocks the loop is visible."""
    import time

    lag = LoopLag(interval_seconds=0.01)
    task = asyncio.create_task(lag.run())
    await asyncio.sleep(0.02)
    lag.read()
    time.sleep(0.1)  # noqa: ASYNC251 - blocking the loop is the point
    await asyncio.sleep(0.02)
    task.cancel()
    assert lag.read() >= 0.08
    assert lag.read() == 0.0


async def test_metrics_speak_the_prometheus_format(edge: Edge) -> None:
    answer = await edge.client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {"http_requests", "http_request_duration_seconds", "http_requests_in_flight"} <= families


def test_metrics_can_be_left_out() -> None:
    router = health.root_router(expose_metrics=False)
    assert isinstance(router, APIRouter)
    assert "/metrics" not in {route.path for route in router.routes}  # type: ignore[attr-defined]
