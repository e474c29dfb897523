"""/.well-known: what others find without asking. Today the public keys behind access tokens."""

from typing import Annotated

import orjson
from fastapi import APIRouter
from starlette.responses import Response

from app.api.deps import json_response
from app.api.openapi import responses
from app.api.route import PUBLIC, new_router, permission
from app.api.v1.identity.services import service
from app.application.identity.keys.signing_keys import SigningKeys
from app.application.identity.keys.views import JwksView

PATH = "/.well-known/jwks.json"
# A key is published before others see it sign, because they look again for an unknown key id.
_CACHE = {"cache-control": "public, max-age=300"}


Keys = Annotated[SigningKeys, service(lambda identity: identity.signing_keys)]


async def jwks(keys: Keys) -> Response:
    """The public keys that verify access tokens (RFC 7517)."""
    return json_response(orjson.dumps(await keys.jwks()), 200, _CACHE)


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
