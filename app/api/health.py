"""Health, readiness and metrics for operators and orchestrators, under their usual names."""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Literal, Protocol

from fastapi import APIRouter, FastAPI, Request
from fastapi.params import Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from app.api.openapi import responses
from app.api.route import PUBLIC, new_router, permission, v1_router
from app.domain.identity.sign_in.errors import Unauthenticated

WAIT_SECONDS_MAX: Final = 0.15  # a probe is answered within a fifth of a second
PASSED_SECONDS_MAX: Final = 2.0
DETAILED_PERMISSION: Final = "system:read"
_METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class HealthSource(Protocol):
    """The source of the health facts. Stored in ``app.state.health``.

    A check counts as failed if it raises, or if it hangs and last passed two seconds ago or
    earlier.
    """

    async def ping(self) -> bool:
        """The database answers."""
        ...

    async def schema_current(self) -> bool:
        """The schema is the one that this code was written for."""
        ...

    async def seeded(self) -> bool:
        """The data that the service needs is present."""
        ...

    def flags(self) -> Mapping[str, bool]:
        """Status flags for the operator; a missing flag is false.

        ``degraded``: writes are refused. ``fallback``: a local replacement is used for a configured
        service. ``draining``: the process is shutting down.
        """
        ...


class Figures(Protocol):
    """The request metrics. Stored in ``app.state.metrics``."""

    def stats(self) -> dict[str, int | float]:
        """Requests, errors, average latency."""
        ...

    def exposition(self) -> bytes:
        """The Prometheus text format."""
        ...


def install_health(
    app: FastAPI, *, source: HealthSource, figures: Figures, metrics_token: str = ""
) -> None:
    """Set the sources of these routes; with a token, ``/metrics`` requires it."""
    app.state.metrics_token = metrics_token
    app.state.health = source
    app.state.probes = {name: _Probe(source, name) for name in ("ping", "schema_current", "seeded")}
    app.state.metrics = figures
    app.state.started_at = time.monotonic()


class _Probe:
    """A check that runs once at a time and is not waited for when it hangs.

    Cancelling a statement also needs an answer of the server. So a hanging check is left to its own
    time limit, and later probes share it.
    """

    def __init__(self, source: HealthSource, name: str) -> None:
        self._source = source
        self._name = name
        self._running: asyncio.Task[bool] | None = None
        self._passed_at = float("-inf")

    async def passes(self) -> bool:
        """Whether the check passes or, while it is slow, passed a moment ago."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        await asyncio.wait({self._running}, timeout=WAIT_SECONDS_MAX)
        if self._running.done():
            return self._running.result()
        return time.monotonic() - self._passed_at < PASSED_SECONDS_MAX

    async def _run(self) -> bool:
        try:
            passed: bool = await getattr(self._source, self._name)()
        except Exception:  # any exception is a failed check
            return False
        if passed:
            self._passed_at = time.monotonic()
        return passed


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid")


class IndexView(_Wire):
    """Links to the other endpoints."""

    name: str = Field(max_length=50, examples=["Tradepost"])
    """The name of the service."""
    api: str = Field(max_length=50, examples=["/api/v1"])
    """Where the resources begin."""
    docs: str = Field(max_length=50, examples=["/docs"])
    """Where the documentation is."""
    openapi: str = Field(max_length=50, examples=["/openapi.json"])
    """Where this document is found."""
    health: str = Field(max_length=50, examples=["/healthz"])
    """Where the health is found."""


class HealthLiveView(_Wire):
    """The process is alive."""

    status: Literal["ok"]
    """Always `ok`: the process answers."""


class HealthView(_Wire):
    """Whether requests can be served, and whether by the configured services."""

    status: Literal["ok", "degraded", "down"]
    """`degraded` answers with less than all its parts; `down` has no database."""
    database: Literal["ok", "down"]
    """How the database answers."""
    degraded: bool
    """Whether the service answers with less than all its parts."""
    fallback_active: bool
    """Whether a local replacement stands in for a configured service."""


class HealthReadyView(_Wire):
    """Whether this process should get requests; each check is true if it passed."""

    status: Literal["ready", "not_ready"]
    """Whether requests can be taken."""
    checks: dict[str, bool] = Field(max_length=20)
    """Each check, and whether it passed."""


class Check(_Wire):
    """One check and its duration."""

    name: str = Field(max_length=50)
    """What was checked."""
    ok: bool
    """Whether it passed."""
    duration_ms: float = Field(ge=0, le=60_000)
    """How long the check took, in milliseconds."""


class HealthDetailedView(_Wire):
    """All details, for operators with the permission."""

    status: Literal["ready", "not_ready"]
    """Whether requests can be taken."""
    version: str = Field(max_length=50)
    """The version of the service."""
    uptime_seconds: int = Field(ge=0, le=10**10)
    """Seconds since the start."""
    checks: list[Check] = Field(max_length=20)
    """The checks, one by one."""
    flags: dict[str, bool] = Field(max_length=20)
    """What is switched on."""
    stats: dict[str, float] = Field(max_length=20)
    """Requests, errors and latency."""


class StatsView(_Wire):
    """Requests answered by this process since it started; errors are statuses from 500 on."""

    requests_total: int = Field(ge=0, le=2**63 - 1)
    """Requests since the start."""
    requests_errors: int = Field(ge=0, le=2**63 - 1)
    """Answers with status 500 and above since the start."""
    avg_latency_ms: float = Field(ge=0, le=10**9)
    """Average time of an answer in milliseconds."""


def root_router(*, expose_metrics: bool = True) -> APIRouter:
    """``/``, ``/healthz``, ``/readyz`` and, unless they are served elsewhere, ``/metrics``."""
    router = new_router(tags=["operations"])
    _get(router, "/", _index, "root_index", "Where to go from here", IndexView)
    _get(router, "/healthz", _healthz, "root_healthz", "Health of service and database", HealthView)
    _get(router, "/readyz", _readyz, "root_readyz", "Readiness to take requests", HealthReadyView)
    if expose_metrics:
        router.add_api_route(
            "/metrics",
            _metrics,
            operation_id="root_metrics",
            summary="Metrics in the Prometheus text format",
            response_class=Response,
            responses={
                **responses(Unauthenticated, guarded=False),
                200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
            },
            openapi_extra=permission(PUBLIC),
        )
    return router


def api_router(*, detailed_dependencies: Sequence[Depends]) -> APIRouter:
    """The aliases below the API prefix. ``detailed_dependencies`` enforce ``system:read``."""
    router = v1_router(tags=["operations"])
    _get(router, "/healthz", _healthz, "healthz", "Health of service and database", HealthView)
    _get(router, "/health", _healthz, "health", "Health of service and database", HealthView)
    _get(router, "/health/live", _live, "health_live", "The process runs", HealthLiveView)
    _get(
        router,
        "/health/ready",
        _readyz,
        "health_ready",
        "Readiness to take requests",
        HealthReadyView,
    )
    _get(router, "/stats", _stats, "stats", "Requests, errors and average latency", StatsView)
    router.add_api_route(
        "/health/detailed",
        _detailed,
        operation_id="health_detailed",
        summary="Every check with its duration",
        response_model=HealthDetailedView,
        responses=responses(),
        dependencies=list(detailed_dependencies),
        openapi_extra=permission(DETAILED_PERMISSION),
    )
    return router


def _get(
    router: APIRouter,
    path: str,
    endpoint: Callable[..., Awaitable[Any]],
    name: str,
    summary: str,
    model: type[BaseModel],
) -> None:
    declared = responses(guarded=False)
    if model in (HealthView, HealthReadyView):
        declared[503] = {"model": model, "description": "The same document if a check failed."}
    router.add_api_route(
        path,
        endpoint,
        operation_id=name,
        summary=summary,
        response_model=model,
        responses=declared,
        openapi_extra=permission(PUBLIC),
    )


async def _index() -> dict[str, str]:
    return {
        "name": "Tradepost",
        "api": "/api/v1",
        "docs": "/docs",
        "openapi": "/openapi.json",
        "health": "/healthz",
    }


async def _live() -> dict[str, str]:
    """Uses nothing but the event loop: a broken database must not get the process killed."""
    return {"status": "ok"}


async def _healthz(request: Request) -> Response:
    source: HealthSource = request.app.state.health
    flags = source.flags()
    database = await request.app.state.probes["ping"].passes()
    degraded = bool(flags.get("degraded"))
    status = "down" if not database else "degraded" if degraded else "ok"
    return _answer(
        database,
        {
            "status": status,
            "database": "ok" if database else "down",
            "degraded": degraded,
            "fallback_active": bool(flags.get("fallback")),
        },
    )


async def _readyz(request: Request) -> Response:
    checks = {check.name: check.ok for check in await _checks(request.app.state)}
    ready = all(checks.values())
    return _answer(ready, {"status": "ready" if ready else "not_ready", "checks": checks})


async def _detailed(request: Request) -> dict[str, Any]:
    state = request.app.state
    checks = await _checks(state)
    return {
        "status": "ready" if all(check.ok for check in checks) else "not_ready",
        "version": request.app.version,
        "uptime_seconds": int(time.monotonic() - state.started_at),
        "checks": checks,
        "flags": dict(state.health.flags()),
        "stats": state.metrics.stats(),
    }


async def _stats(request: Request) -> dict[str, int | float]:
    figures: Figures = request.app.state.metrics
    return figures.stats()


async def _metrics(request: Request) -> Response:
    """Metrics for the operator; if a token is configured, it is required."""
    token = request.app.state.metrics_token
    given = request.headers.get("authorization", "").partition(" ")[2]
    if token and not hmac.compare_digest(given.encode(), token.encode()):
        raise Unauthenticated
    figures: Figures = request.app.state.metrics
    return Response(figures.exposition(), headers={"Content-Type": _METRICS_TYPE})


async def _checks(state: Any) -> list[Check]:
    """The readiness checks, run together; checks that depend on a failed one are skipped."""
    flags = state.health.flags()
    asked = (("database", "ping"), ("schema", "schema_current"), ("seed", "seeded"))
    answers = await asyncio.gather(*(_timed(name, state.probes[check]) for name, check in asked))
    failed = next((place for place, each in enumerate(answers) if not each.ok), len(answers))
    return [
        *answers[: failed + 1],
        Check(name="accepting", ok=not flags.get("draining"), duration_ms=0),
        Check(name="writable", ok=not flags.get("degraded"), duration_ms=0),
    ]


async def _timed(name: str, probe: _Probe) -> Check:
    started = time.perf_counter()
    ok = await probe.passes()
    return Check(name=name, ok=ok, duration_ms=round((time.perf_counter() - started) * 1_000, 3))


def _answer(well: bool, body: dict[str, Any]) -> Response:
    if well:
        return JSONResponse(body)
    return JSONResponse(body, 503, {"Retry-After": "1"})
