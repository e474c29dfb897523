"""The middleware, pure ASGI, in one ordered list with the reason for each place."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import Scope

from app.api.middleware.access_log import AccessLog
from app.api.middleware.body_limit import BODY_BYTES_MAX, BODY_SECONDS_MAX, BodyLimit
from app.api.middleware.boundary import ProblemBoundary
from app.api.middleware.client import ClientAddress
from app.api.middleware.compression import Compression
from app.api.middleware.context import RequestContext
from app.api.middleware.cors import Cors
from app.api.middleware.metrics import Metrics, RequestObserver
from app.api.middleware.overload import OverloadGuard
from app.api.middleware.protocol import ProtocolGuard
from app.api.middleware.rate_limit import (
    PROBE_PREFIXES,
    RateLimit,
    RateLimits,
    light,
    nobody,
)
from app.api.middleware.security import SecurityHeaders
from app.api.problems import Problems
from app.api.weights import Weight
from app.application.shared.rate_limit import RateLimiter
from app.domain.shared.frozen import frozen


@frozen
class EdgeConfig:
    """The settings of the middleware that differ between installations.

    Sizes are bytes, times seconds. None for ``limits`` or ``max_in_flight`` turns that limit off.
    """

    request_id_header: str = "X-Request-ID"
    trusted_proxies: Sequence[str] = ()
    allowed_hosts: Sequence[str] = ("*",)
    cors_origins: Sequence[str] = ()
    hsts: bool = False
    docs_prefixes: Sequence[str] = ("/docs", "/errors")
    compress: bool = True
    compress_minimum_bytes: int = 1_024
    secret_prefixes: Sequence[str] = ("/api/v1/auth/",)
    slow_request_seconds: float = 1.0
    quiet_routes: frozenset[str] = frozenset()
    body_bytes_max: int = BODY_BYTES_MAX
    body_seconds_max: float = BODY_SECONDS_MAX
    larger_bodies: Mapping[str, int] = field(default_factory=dict)
    max_in_flight: int | None = None
    limits: RateLimits | None = field(default_factory=RateLimits)


# size: the list is read in one piece; every entry has its reason beside it
def stack(
    app: FastAPI,
    *,
    config: EdgeConfig,
    problems: Problems,
    observer: RequestObserver,
    limiter: RateLimiter,
    principal_of: Callable[[Scope], Awaitable[str | None]] = nobody,
    weigh: Callable[[Scope], Weight] = light,
    logger: Any = None,
) -> None:
    """Put the middleware around ``app``, outermost first.

    ``principal_of`` names the caller of a verified token, ``weigh`` returns the cost of a route
    (see ``RateLimit``). ``logger`` is a structlog logger for the access log and the boundary; by
    default each has its own.
    """
    # Built in reverse below: ``add_middleware`` puts each one around those added before.
    ordered = [
        # First, so that everything after it has the ids, and last to touch the answer's headers.
        Middleware(
            RequestContext,
            client_address=ClientAddress(config.trusted_proxies),
            header_name=config.request_id_header,
        ),
        # Around everything that can answer, so that refusals are counted and logged like successes.
        Middleware(Metrics, observer=observer),
        Middleware(
            AccessLog,
            slow_seconds=config.slow_request_seconds,
            quiet=config.quiet_routes,
            logger=logger,
        ),
        # Headers for every answer, problems and preflights included.
        Middleware(SecurityHeaders, hsts=config.hsts, docs_prefixes=config.docs_prefixes),
    ]
    if config.cors_origins:
        # Outside of the boundary: a browser may read a refusal only when it carries CORS headers.
        # Before the limiter: a preflight costs nothing and must not use up the caller's budget.
        ordered.append(
            Middleware(
                Cors,
                origins=config.cors_origins,
                problems=problems,
                id_header=config.request_id_header,
            )
        )
    if config.compress:
        # Inside the middleware that adds headers, so that it sees the application's own answer.
        ordered.append(
            Middleware(
                Compression,
                minimum_size=config.compress_minimum_bytes,
                secret_prefixes=config.secret_prefixes,
            )
        )
    # Everything further in refuses by raising; here the exception becomes an answer.
    ordered.append(Middleware(ProblemBoundary, problems=problems, logger=logger))
    if config.limits is not None:
        # Before all work and the refusals below: invalid requests use up the budget too.
        ordered.append(
            Middleware(
                RateLimit,
                limiter=limiter,
                limits=config.limits,
                principal_of=principal_of,
                weigh=weigh,
            )
        )
    # Invalid HTTP is refused before anything trusts the headers.
    ordered.append(Middleware(ProtocolGuard, allowed_hosts=config.allowed_hosts))
    if config.max_in_flight is not None:
        # After the cheap refusals, so that they do not occupy slots for real work.
        ordered.append(
            Middleware(
                OverloadGuard,
                max_in_flight=config.max_in_flight,
                exempt_prefixes=PROBE_PREFIXES,
            )
        )
    # Next to the application: it wraps ``receive``, which only the route handler awaits.
    ordered.append(
        Middleware(
            BodyLimit,
            max_bytes=config.body_bytes_max,
            max_seconds=config.body_seconds_max,
            larger=config.larger_bodies,
        )
    )
    app.user_middleware[:0] = ordered
