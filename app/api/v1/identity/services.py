"""How routes of identity come by its services, and by where a request comes from."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from app.api.record import record_of
from app.api.route import PUBLIC, permission
from app.application.identity.directory.origin import Origin
from app.application.identity.directory.ports import Callers
from app.application.identity.services import Identity

S = TypeVar("S")
ANYBODY = permission(PUBLIC)


def service(of: Callable[[Identity], S]) -> Any:
    """The dependency of a route on one of the services that the composition root made."""

    async def found(request: Request) -> S:
        return of(request.app.state.services.extras["identity"])

    return Depends(found)


async def _origin(request: Request) -> Origin:
    record = record_of(request.scope)
    device = request.headers.get("user-agent", "")
    return Origin(record.request_id, record.client, device)


RequestOrigin = Annotated[Origin, Depends(_origin)]
# What a route tells of a change, so that the next request of those concerned is looked up anew.
KnownCallers = Annotated[Callers, service(lambda identity: identity.tokens)]
