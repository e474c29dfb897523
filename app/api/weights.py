"""What a request weighs against its caller's budget: what its route declares, found once."""

from typing import Final

from starlette.routing import Route
from starlette.types import Scope

from app.api.errors import MethodNotAllowed, PathNotFound
from app.api.route import COST_KEY, PERMISSION_KEY, PUBLIC
from app.api.routing import FOUND_KEY, RouteIndex
from app.domain.shared.frozen import frozen


@frozen
class Weight:
    """``cost`` is in tokens; a ``public`` route asks for no caller."""

    cost: int
    public: bool


UNKNOWN: Final = Weight(cost=1, public=False)  # of a path where nothing is


class RouteWeights:
    """The weight of every route, by what stands beside its permission."""

    def __init__(self, index: RouteIndex) -> None:
        self._index = index
        self._weights = {id(route): _declared(route) for route in index.routes}

    def __call__(self, scope: Scope) -> Weight:
        """The weight of a request. The route that was found is left for the router."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        try:
            found = self._index.find(path, scope["method"])
        except (PathNotFound, MethodNotAllowed):  # the router says so
            return UNKNOWN
        scope[FOUND_KEY] = found
        return self._weights[id(found[0])]


def _declared(route: Route) -> Weight:
    declared = getattr(route, "openapi_extra", None) or {}
    cost = declared.get(COST_KEY, 1)
    return Weight(cost if isinstance(cost, int) else 1, declared.get(PERMISSION_KEY) == PUBLIC)
