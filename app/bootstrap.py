"""The composition root: the one file that knows every layer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI
from fastapi.params import Depends
from starlette.types import Scope as AsgiScope

from app.api.cursors import CursorSigner
from app.api.deps import Services, http
from app.api.docs import docs_router
from app.api.errors import STATUS
from app.api.health import api_router, install_health, root_router
from app.api.locales import Catalogue
from app.api.middleware import EdgeConfig, stack
from app.api.middleware.rate_limit import RateLimits
from app.api.openapi import install_openapi
from app.api.problems import Problems, install_error_handlers
from app.api.record import header, record_of
from app.api.routing import RouteIndex, check_routes, include, install_flat_routing
from app.api.v1 import ROUTERS, WELL_KNOWN
from app.api.v1.identity.operators.platform import PLATFORM_PREFIX
from app.api.weights import RouteWeights
from app.application.identity.directory.ports import LoginThrottle
from app.application.identity.services import Identity
from app.application.reports.ports import Reports
from app.application.shared.commands import CommandRunner
from app.application.shared.rate_limit import Budget, RateLimiter
from app.domain.shared.clock import Clock, SystemClock, milliseconds
from app.domain.shared.errors import DomainError, all_errors
from app.domain.shared.ids import NO_ID, Id, UlidFactory
from app.infrastructure.contexts import lists, registry
from app.infrastructure.db.health import DatabaseHealth
from app.infrastructure.db.port import Database
from app.infrastructure.db.reader import DatabaseReader
from app.infrastructure.db.schema import revisions
from app.infrastructure.db.sqlite import SqliteDatabase
from app.infrastructure.identity.audit.chain import DatabaseAuditChain
from app.infrastructure.identity.audit.sealing import SealedRunner, Sealing
from app.infrastructure.identity.build import build_identity
from app.infrastructure.identity.companies.all_companies import companies
from app.infrastructure.identity.companies.exporting import Exporting
from app.infrastructure.observability.metrics import AppMetrics, LoopLag
from app.infrastructure.rate_limit.memory import MemoryRateLimiter
from app.infrastructure.reports.build import DatabaseReports
from app.infrastructure.reports.folding import DatabaseLedgerTail, Folding
from app.infrastructure.security.throttle import MemoryLoginThrottle
from app.infrastructure.storage.folder import CompanyFiles
from app.settings import Settings

if TYPE_CHECKING:
    from app.infrastructure.cache.valkey import ValkeyLink
    from app.infrastructure.db.postgres import PostgresDatabase
    from app.infrastructure.db.replica import ReplicaReads

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Container:
    """What the service is made of; tests reach in here."""

    settings: Settings
    clock: Clock
    database: Database
    reader: DatabaseReader
    health: DatabaseHealth
    identity: Identity
    folding: Folding
    audit_chain: DatabaseAuditChain
    sealing: Sealing
    runner: CommandRunner
    replica: "ReplicaReads | None"
    reports: Reports
    limiter: RateLimiter
    valkey: "ValkeyLink | None"

    async def audited(self) -> list[Id]:
        """Whose audit trails there are: every company's, and what belongs to none."""
        return [NO_ID, *(id_ for id_, _ in await companies(self.database))]

    exporting: Exporting


def sqlite_path(url: str) -> Path:
    """The file behind ``sqlite:///relative`` or ``sqlite:////absolute``."""
    return Path(url.split("///", 1)[1])


def build_container(settings: Settings, clock: Clock | None = None) -> Container:
    """Choose the adapters by the settings."""
    clock = clock or SystemClock()
    new_id = UlidFactory(milliseconds(clock))
    database: Database
    replica = None
    if settings.database.url.startswith("sqlite"):
        path = sqlite_path(settings.database.url)
        database = SqliteDatabase(path, registry(), new_id, clock)
    else:
        database = postgres = _postgres(settings, settings.database.url, new_id)
        if settings.database.replica_url:
            from app.infrastructure.db.replica import ReplicaReads  # noqa: PLC0415

            other = _postgres(settings, settings.database.replica_url, new_id)
            replica = ReplicaReads(postgres, other, settings.database.replica_wait_seconds)
    reader = DatabaseReader(database, lists())
    valkey, limiter, throttle = _counters(settings)
    tokens = settings.tokens
    audit_chain = DatabaseAuditChain(database, clock)
    sealing = Sealing(database, audit_chain, wait_seconds=settings.audit_seal_seconds)
    runner = SealedRunner(database, sealing)
    identity = build_identity(
        database=database,
        reader=reader,
        runner=runner,
        clock=clock,
        new_id=new_id,
        secret=tokens.secret.get_secret_value(),
        issuer=tokens.issuer,
        access_minutes=tokens.access_minutes,
        refresh_days=tokens.refresh_days,
        register_seconds_min=tokens.register_seconds_min,
        security_keys=(settings.webauthn.rp_id, settings.webauthn.origins),
        throttle=throttle,
    )
    counted_here = partial(_counted_here, valkey)
    health = DatabaseHealth(database, revisions(), counted_here)
    folding = Folding(database, DatabaseLedgerTail(database, clock))
    reports = DatabaseReports(replica or database, folding)
    storage = settings.storage
    exporting = Exporting(
        database,
        CompanyFiles(storage.folder),
        clock,
        kept=timedelta(days=storage.export_keep_days),
        here=storage.exports_here,
    )
    return Container(
        settings=settings,
        clock=clock,
        database=database,
        reader=reader,
        health=health,
        identity=identity,
        folding=folding,
        audit_chain=audit_chain,
        sealing=sealing,
        runner=runner,
        replica=replica,
        reports=reports,
        limiter=limiter,
        valkey=valkey,
        exporting=exporting,
    )


def _counters(settings: Settings) -> "tuple[ValkeyLink | None, RateLimiter, LoginThrottle]":
    """Who counts requests and failed sign-ins: this node, or all together through Valkey."""
    local, own = MemoryRateLimiter(), MemoryLoginThrottle()
    shared = settings.shared
    if not shared.valkey_url:
        return None, local, own
    # The client of Valkey takes 3 MB, which a node that is alone does not need.
    from app.infrastructure.cache.valkey import ValkeyLink  # noqa: PLC0415
    from app.infrastructure.rate_limit.shared import SharedRateLimiter  # noqa: PLC0415
    from app.infrastructure.security.shared_throttle import SharedLoginThrottle  # noqa: PLC0415

    link = ValkeyLink(shared.valkey_url, timeout_seconds=shared.timeout_seconds)
    throttle = SharedLoginThrottle(link, own, settings.tokens.secret.get_secret_value())
    return link, SharedRateLimiter(link, local), throttle


def _counted_here(valkey: "ValkeyLink | None") -> bool:
    """Whether this node counts for itself what it should count with the others."""
    return valkey is not None and not valkey.up


def _postgres(settings: Settings, url: str, new_id: UlidFactory) -> "PostgresDatabase":
    # asyncpg and what goes with it take 3 MB, which SQLite does not need.
    from app.infrastructure.db.postgres import PostgresDatabase  # noqa: PLC0415

    return PostgresDatabase(
        url,
        registry(),
        new_id,
        pool_size=settings.database.pool_size,
        pool_wait_seconds=settings.database.pool_wait_seconds,
        production=settings.environment == "production",
    )


def build_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """The application with its routes and middleware; nothing is opened before its lifespan."""
    container = build_container(settings, clock)
    problems = Problems(Catalogue.load())
    metrics = AppMetrics()
    if container.valkey is not None:
        up = "Whether limits are counted in Valkey (1) or by this process alone (0)."
        metrics.gauge("valkey_up", up, lambda: float(not _counted_here(container.valkey)))

    app = FastAPI(
        title="Tradepost",
        version="0.1.0",
        summary="The back office of a trading company.",
        debug=settings.debug,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(container),
    )
    app.state.problems = problems
    app.state.container = container
    app.state.services = Services(
        runner=container.runner,
        reader=container.reader,
        tokens=container.identity.tokens,
        cursors=CursorSigner(settings.tokens.secret.get_secret_value()),
        problems=problems,
        clock=container.clock,
        extras=_extras(container),
    )
    install_error_handlers(app, problems)
    token = settings.http.metrics_token.get_secret_value()
    install_health(app, source=container.health, figures=metrics, metrics_token=token)
    index = _add_routes(app, settings, problems)
    config = edge_config(settings)
    stack(
        app,
        config=config,
        problems=problems,
        observer=metrics,
        limiter=container.limiter,
        principal_of=_principal_of(container),
        weigh=RouteWeights(index),
    )
    return app


def _extras(container: Container) -> Mapping[str, Any]:
    return {
        "identity": container.identity,
        "reports": container.reports,
        "refusals": container.identity.refusals,
        "audit_chain": container.audit_chain,
        "sealing": container.sealing,
        "exporting": container.exporting,
        "tenant_grace": timedelta(days=container.settings.storage.tenant_grace_days),
        "knowledge_lag": timedelta(seconds=container.settings.knowledge_lag_seconds),
    }


def _principal_of(container: Container) -> Any:
    async def caller(scope: AsgiScope) -> str | None:
        authorization = header(scope, b"authorization")
        if authorization is None:
            return None
        token = authorization.decode("latin-1").partition(" ")[2]  # the route checks the scheme
        address = record_of(scope).client
        platform = scope["path"].startswith(PLATFORM_PREFIX)
        identity = container.identity
        callers = identity.operator_tokens if platform else identity.tokens
        found = callers.known(token, address)
        if found is None:  # a fresh token is its caller's from the first request on
            with contextlib.suppress(DomainError):  # the route says what is wrong with it
                found = await callers.verify(token, address)
        return None if found is None else found.user_id.hex()

    return caller


def _add_routes(app: FastAPI, settings: Settings, problems: Problems) -> RouteIndex:
    include(app, root_router())
    include(app, WELL_KNOWN)
    detailed = [Depends(http)]
    routers: list[APIRouter] = [api_router(detailed_dependencies=detailed), *ROUTERS]
    for router in routers:
        include(app, router)
    if settings.http.docs_enabled:
        include(app, docs_router(app, problems))
    check_routes(app)
    ways = settings.http
    index = install_flat_routing(app, indexed=ways.indexed_routing, prepared=ways.prepared_calls)
    statuses = {error.code: STATUS[error.kind] for error in all_errors()}
    install_openapi(app, problems, statuses)
    return index


def edge_config(settings: Settings) -> EdgeConfig:
    """The settings of the edge."""
    http_settings, rate = settings.http, settings.rate
    limits = None
    if rate.enabled:
        limits = RateLimits(
            auth=Budget(rate.auth_per_minute, MINUTE, rate.auth_burst),
            anonymous=Budget(rate.anonymous_per_minute, MINUTE, rate.anonymous_burst),
            public=Budget(rate.public_per_minute, MINUTE, rate.public_per_minute),
            authenticated=Budget(rate.principal_per_minute, MINUTE, rate.principal_per_minute),
        )
    return EdgeConfig(
        request_id_header=http_settings.request_id_header,
        trusted_proxies=http_settings.trusted_proxies,
        allowed_hosts=http_settings.allowed_hosts or ("*",),
        cors_origins=http_settings.allowed_origins,
        hsts=settings.environment == "production",
        slow_request_seconds=http_settings.slow_request_seconds,
        body_bytes_max=http_settings.body_bytes_max,
        max_in_flight=http_settings.in_flight_max,
        limits=limits,
    )


def _lifespan(container: Container) -> Any:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await container.database.start()
        if container.valkey is not None:
            await container.valkey.start()
        lag = asyncio.create_task(LoopLag().run())
        try:
            await container.health.check_schema()
            await container.identity.start()
            container.sealing.begin_all(container.audited)
            await container.exporting.start()
            yield
        finally:
            lag.cancel()
            container.health.drain()
            await container.identity.stop()
            await container.exporting.stop()
            await container.folding.stop()
            await container.sealing.stop()
            if container.replica is not None:
                await container.replica.stop()
            if container.valkey is not None:
                await container.valkey.stop()
            await container.database.stop()

    return lifespan
