"""Rate limits by caller and class of route, stated in every answer."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.errors import RateLimited
from app.api.record import record_of
from app.api.weights import Weight
from app.application.shared.rate_limit import Budget, RateLimiter
from app.domain.shared.frozen import frozen

AUTH: Final = "auth"
ANONYMOUS: Final = "anonymous"
PUBLIC: Final = "public"
AUTHENTICATED: Final = "authenticated"
PROBE: Final = "probe"

_AUTH: Final = Budget(tokens=30, seconds=60, burst=60)
_ANONYMOUS: Final = Budget(tokens=30, seconds=60, burst=60)
_PUBLIC: Final = Budget(tokens=100, seconds=60, burst=100)
_AUTHENTICATED: Final = Budget(tokens=6_000, seconds=60, burst=6_000)
_PROBE: Final = Budget(tokens=600, seconds=60, burst=600)

_LIGHT: Final = Weight(cost=1, public=True)

PROBE_PREFIXES: Final = ("/healthz", "/readyz", "/metrics", "/api/v1/health")


async def nobody(_scope: Scope) -> str | None:
    """A ``principal_of`` that knows no caller: every limit counts by address."""
    return None


def light(_scope: Scope) -> Weight:
    """A ``weigh`` for which every request costs one token and is public."""
    return _LIGHT


@frozen
class RateLimits:
    """The budget of each class, and the paths that belong to it.

    ``auth`` are the commands that check a secret, ``probe`` the health checks. Every other request
    is ``authenticated`` if the caller is known. If not, it is ``public`` on public routes, and
    ``anonymous`` on routes that need a valid token and on unknown paths, which is where tokens and
    paths are guessed. So each path has a class.
    """

    auth: Budget = _AUTH
    anonymous: Budget = _ANONYMOUS
    public: Budget = _PUBLIC
    authenticated: Budget = _AUTHENTICATED
    probe: Budget = _PROBE
    auth_prefixes: tuple[str, ...] = ("/api/v1/auth/",)
    probe_prefixes: tuple[str, ...] = PROBE_PREFIXES

    def class_of(self, method: str, path: str, *, known: bool, public: bool) -> str:
        """The class of a request. Reading below the auth paths (``/auth/me``) checks no secret."""
        if path.startswith(self.probe_prefixes):
            return PROBE
        if method not in {"GET", "HEAD"} and path.startswith(self.auth_prefixes):
            return AUTH
        if known:
            return AUTHENTICATED
        return PUBLIC if public else ANONYMOUS

    def budgets(self) -> dict[str, Budget]:
        """The budget of each class."""
        return {
            AUTH: self.auth,
            ANONYMOUS: self.anonymous,
            PUBLIC: self.public,
            AUTHENTICATED: self.authenticated,
            PROBE: self.probe,
        }


class RateLimit:
    """Takes the tokens for a request, or refuses it with 429.

    ``weigh`` returns the cost of the route of a request, and whether it is public.

    ``principal_of`` returns the caller of a *verified* token, or None. An unverified token must not
    get its own bucket, or made-up tokens would open any number of buckets. Without a caller the
    address counts, and for ``auth`` it always does.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limiter: RateLimiter,
        limits: RateLimits | None = None,
        principal_of: Callable[[Scope], Awaitable[str | None]] = nobody,
        weigh: Callable[[Scope], Weight] = light,
    ) -> None:
        self._app = app
        self._limiter = limiter
        self._limits = limits or RateLimits()
        self._principal_of = principal_of
        self._weigh = weigh
        self._policies = {
            name: (budget, _policy(name, budget)) for name, budget in self._limits.budgets().items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        principal = await self._principal_of(scope)
        weight = self._weigh(scope)
        known, public = principal is not None, weight.public
        name = self._limits.class_of(scope["method"], scope["path"], known=known, public=public)
        budget, policy = self._policies[name]
        record = record_of(scope)
        by_address = principal is None or name in (AUTH, PROBE)
        caller = f"a:{record.client}" if by_address else f"p:{principal}"
        verdict = await self._limiter.take(f"{name}:{caller}", budget, weight.cost)
        state = f'"{name}";r={verdict.remaining};t={verdict.reset_seconds}'
        record.headers += (policy, (b"ratelimit", state.encode("ascii")))
        if not verdict.allowed:
            raise RateLimited(verdict.retry_after_seconds)
        await self._app(scope, receive, send)


def _policy(name: str, budget: Budget) -> tuple[bytes, bytes]:
    """``RateLimit-Policy`` (draft-ietf-httpapi-ratelimit-headers): quota and window in seconds."""
    return b"ratelimit-policy", f'"{name}";q={budget.tokens};w={budget.seconds}'.encode("ascii")
