"""Every route of the service belongs to a class and says what it costs (S2-16, X-04)."""

from typing import Any

from app.api.middleware.rate_limit import ANONYMOUS, AUTH, AUTHENTICATED, PROBE, PUBLIC, RateLimits
from app.api.route import COST_KEY, KEYS_TOO, PERMISSION_KEY
from app.api.routing import RouteIndex
from app.api.weights import UNKNOWN, RouteWeights
from app.bootstrap import edge_config
from app.main import create_app
from tests.conftest import settings_for

APP = create_app(settings_for("sqlite:///unused.db", rate_limit_enabled=True))
ROUTES: list[Any] = list(APP.router.routes)


def scope(method: str, path: str) -> dict[str, Any]:
    return {"type": "http", "method": method, "path": path}


def test_every_route_has_a_class_for_everybody() -> None:
    """S2-16: and the classes of the whole table are these, with budgets that are set."""
    limits = edge_config(settings_for("sqlite:///x.db", rate_limit_enabled=True)).limits
    assert limits is not None
    weigh = RouteWeights(RouteIndex(ROUTES))
    classes: dict[str, set[str]] = {}
    for route in ROUTES:
        public = route.openapi_extra[PERMISSION_KEY] == "public"
        for method in route.methods:
            assert weigh(scope(method, route.path.replace("{", "").replace("}", ""))).cost >= 1
            for known in (True, False):
                name = limits.class_of(method, route.path, known=known, public=public)
                classes.setdefault(name, set()).add(route.path)
    assert classes.keys() == {AUTH, ANONYMOUS, PUBLIC, AUTHENTICATED, PROBE}
    assert classes[AUTH] == {
        route.path
        for route in ROUTES
        if route.path.startswith("/api/v1/auth/") and route.methods - {"GET"}
    }
    assert not {path for path in classes[PUBLIC] if path.startswith("/api/v1/sales")}


def test_the_defaults_are_those_of_the_requirement() -> None:
    """S0-23, X-04: 30 a minute and a burst of 60 where nobody is known; 100 on public routes."""
    limits = edge_config(settings_for("sqlite:///x.db", rate_limit_enabled=True)).limits
    assert limits is not None
    shown = {name: (each.tokens, each.burst) for name, each in limits.budgets().items()}
    assert shown == {
        AUTH: (30, 60),
        ANONYMOUS: (30, 60),
        PUBLIC: (100, 100),
        AUTHENTICATED: (12_000, 12_000),
        PROBE: (600, 600),
    }
    assert {name: (b.tokens, b.burst) for name, b in RateLimits().budgets().items()}[AUTH] == (
        30,
        60,
    )


def test_what_is_dear_says_so_in_the_document() -> None:
    """Reports cost 10, exports and the proof of the trail 50, batches 25, the rest 1."""
    for path, operations in APP.openapi()["paths"].items():
        for operation in operations.values():
            resource = operation[PERMISSION_KEY].partition(":")[0]
            expected = {"reports": 10, "exports": 50}.get(resource, 1)
            if path.endswith("/batch"):
                expected = 25
            if path.endswith("/verification"):
                expected = 50
            assert operation[COST_KEY] == expected, path


def test_a_route_is_weighed_where_it_is_found() -> None:
    weigh = RouteWeights(RouteIndex(ROUTES))
    assert weigh(scope("GET", "/api/v1/reports/trial-balance")).cost == 10
    assert weigh(scope("HEAD", "/api/v1/reports/trial-balance")).cost == 10
    assert weigh(scope("POST", "/api/v1/sales/batch")).cost == 25
    assert weigh(scope("POST", "/api/v1/auth/login")).public
    assert not weigh(scope("GET", "/api/v1/units/unt_x")).public
    for method, path in (("GET", "/no"), ("PUT", "/api/v1/units"), ("OPTIONS", "/api/v1/units")):
        assert weigh(scope(method, path)) is UNKNOWN


def test_one_route_is_open_to_every_key() -> None:
    """A key that may ask more than its permissions say is an exception."""
    assert [each.path for each in ROUTES if KEYS_TOO in each.openapi_extra] == ["/api/v1/auth/me"]
