"""/.well-known: what others find without asking. Today the public keys behind access tokens."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.api.deps import json_response
from app.api.openapi import responses
from app.api.route import PUBLIC, new_router, permission
from app.application.identity.sign_in.service import IdentityService
from app.application.identity.sign_in.views import JwksView

PATH = "/.well-known/jwks.json"
# A key is published before others see it sign, because they look again for an unknown key id.
_CACHE = {"cache-control": "public, max-age=300"}


async def _service(request: Request) -> IdentityService:
    return request.app.state.services.extras["identity"]  # type: ignore[no-any-return]


async def jwks(identity: Annotated[IdentityService, Depends(_service)]) -> Response:
    """The public keys that verify access tokens (RFC 7517)."""
    return json_response(orjson.dumps(await identity.signing.jwks()), 200, _CACHE)


def add_jwks(router: APIRouter, *, documented: bool) -> None:
    """Serve the keys on ``router``; they stand in the documents once."""
    router.get(
        PATH,
        summary="Show the public keys of access tokens",
        tags=["auth"],
        openapi_extra=permission(PUBLIC),
        responses={200: {"model": JwksView}, **responses(guarded=False)},
        include_in_schema=documented,
    )(jwks)


router = new_router()
add_jwks(router, documented=True)
