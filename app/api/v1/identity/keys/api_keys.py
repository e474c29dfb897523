"""/api-keys: how programs come to work for a company. The key is in one answer only (R-21)."""

from datetime import timedelta
from typing import Annotated

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

import app.application.contexts  # noqa: F401 - gathers the permissions
from app.api.answers import IdPath, answers, listed
from app.api.deps import Caller, CommandCaller
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.schemas import schema_of
from app.api.v1.identity.fields import CHANGED
from app.api.v1.identity.services import KnownCallers, service
from app.api.wire import ABSENT, Instant, Schema, text
from app.application.identity.keys.api_keys import (
    CHANGE_KEY,
    REVOKE_KEY,
    ApiKeys,
    NewApiKey,
    permissions_of_keys,
    shown,
    shown_needs,
)
from app.application.identity.keys.ports import API_KEY_LIST
from app.application.identity.keys.views import API_KEY_VIEW, NEW_API_KEY_VIEW, KeyMode
from app.application.shared.masters import Edit
from app.domain.identity.keys.api_key import ADDRESSES_MAX, LIFE_MAX, OVERLAP_MAX
from app.domain.identity.keys.errors import (
    ApiKeyRevoked,
    PermissionRefused,
    PermissionsBeyondOwn,
    TooManyApiKeys,
)
from app.domain.shared.errors import ConcurrentChange, InvalidValue, NotFound, ValueOutOfRange

router = v1_router("/api-keys", tags=["api-keys"])

READ, WRITE = permission("api_keys:read"), permission("api_keys:write")
PROVED = permission("api_keys:write", step_up=True)
_TERMS = (InvalidValue, PermissionRefused, PermissionsBeyondOwn)
_CHANGED = (*CHANGED, ApiKeyRevoked)

NameText = text(200)
PermissionText = Annotated[
    str,
    Field(min_length=1, max_length=60, json_schema_extra={"enum": sorted(permissions_of_keys())}),
]
Permissions = Annotated[
    list[PermissionText], Field(min_length=1, max_length=len(permissions_of_keys()))
]
Networks = Annotated[
    list[Annotated[str, Field(min_length=2, max_length=50, examples=["192.0.2.0/24"])]],
    Field(
        max_length=ADDRESSES_MAX,
        description="Addresses or networks (CIDR) that it may be used from; IPv6 up to /64. "
        "None means anywhere.",
    ),
]
OverlapSeconds = Annotated[
    int,
    Field(
        ge=0,
        le=int(OVERLAP_MAX.total_seconds()),
        description="How long the present secret stays good, in seconds.",
    ),
]


class ApiKeyIn(Schema):
    """A key to be made: what it may do, from where, until when."""

    name: NameText  # type: ignore[valid-type]
    """What the key is called."""
    permissions: Permissions
    """The permissions of the key. It never may do more than who made it."""
    allowed_addresses: Networks = Field(default_factory=list)
    mode: KeyMode = "live"
    """`live`, or `test`: it reads as any other, and all that it changes is only tried."""
    expires_at: Annotated[
        Instant | None,
        Field(description=f"At most {LIFE_MAX.days} days from now, which is also the default."),
    ] = None


class ApiKeyPatch(Schema):
    """What may change of a key."""

    name: NameText = ABSENT  # type: ignore[valid-type]
    """What the key is called."""
    permissions: Permissions = ABSENT
    """The permissions of the key. It never may do more than who made it."""
    allowed_addresses: Networks = ABSENT


class RotationIn(Schema):
    """How long the present secret stays good, and when the key ends."""

    overlap_seconds: OverlapSeconds = 3_600
    expires_at: Annotated[
        Instant | None, Field(description="When the key ends; as before when left out.")
    ] = None


Keys = Annotated[ApiKeys, service(lambda identity: identity.api_keys)]


@router.post(
    "",
    summary="Make an API key",
    status_code=201,
    openapi_extra=PROVED,
    responses=answers(
        schema_of(NEW_API_KEY_VIEW),
        201,
        *_TERMS,
        ValueOutOfRange,
        TooManyApiKeys,
        ConcurrentChange,
        body=True,
    ),
)
async def make(http: Caller, keys: Keys, body: ApiKeyIn) -> Response:
    """Make a key that works within `permissions`, of which the caller must hold each.

    `key` is shown this once. A program sends it as `Authorization: Bearer tp_live_…`, never in an
    address. A test key (`tp_test_…`) reads; what it changes is decided in full and not kept.
    """
    new = NewApiKey(
        body.name,
        tuple(body.permissions),
        tuple(body.allowed_addresses),
        body.mode == "test",
        body.expires_at,
    )
    return http.answer(await keys.make(http.principal, new), 201)


@router.get(
    "",
    summary="List API keys",
    openapi_extra=READ,
    responses=listed(schema_of(API_KEY_VIEW), API_KEY_LIST),
)
async def list_keys(
    http: Caller, page: PageQuery, active: Annotated[bool | None, Query()] = None
) -> Response:
    """The keys of the company, without their secrets; revoked ones stay in the list."""
    return await http.list(API_KEY_LIST, page, active=active)


@router.get(
    "/{id}",
    summary="Show an API key",
    openapi_extra=READ,
    responses=answers(schema_of(API_KEY_VIEW), 200, NotFound),
)
async def show(http: Caller, id: IdPath) -> Response:  # noqa: A002
    """One key. When it was last used is known to the minute, and is no part of its version."""
    key_id = http.id_of("key", id)
    return http.versioned(shown(await http.load(shown_needs(key_id)), key_id))


@router.patch(
    "/{id}",
    summary="Change an API key",
    openapi_extra=PROVED,
    responses=answers(schema_of(API_KEY_VIEW), 200, *_CHANGED, *_TERMS, body=True),
)
async def change(
    http: CommandCaller,
    callers: KnownCallers,
    id: IdPath,  # noqa: A002
    body: ApiKeyPatch,
) -> Response:
    """Change its name, its permissions or where it is used from; the caller must hold them all."""
    key_id = http.id_of("key", id)
    members = body.model_dump(include=body.model_fields_set)
    if "allowed_addresses" in members:
        members["addresses"] = members.pop("allowed_addresses")
    answer = await http.run(CHANGE_KEY, Edit(key_id, http.expected_version(), members))
    callers.forget_key(http.principal.tenant_id, key_id)
    return answer


@router.post(
    "/{id}/rotate",
    summary="Rotate an API key",
    openapi_extra=PROVED,
    responses=answers(
        schema_of(NEW_API_KEY_VIEW),
        200,
        *_CHANGED,
        PermissionsBeyondOwn,
        ValueOutOfRange,
        body=True,
    ),
)
async def rotate(http: Caller, keys: Keys, id: IdPath, body: RotationIn) -> Response:  # noqa: A002
    """Give the key a new secret, shown this once; the present one stays good for the overlap.

    From now on the caller answers for the key, and must hold all that it may do.
    """
    key_id = http.id_of("key", id)
    view = await keys.rotate(
        http.principal,
        key_id,
        http.expected_version(),
        timedelta(seconds=body.overlap_seconds),
        body.expires_at,
    )
    return http.answer(view)


@router.post(
    "/{id}/revoke",
    summary="Revoke an API key",
    openapi_extra=WRITE,
    responses=answers(schema_of(API_KEY_VIEW), 200, NotFound, ConcurrentChange),
)
async def revoke(http: CommandCaller, callers: KnownCallers, id: IdPath) -> Response:  # noqa: A002
    """End a key at once, whatever its version; other nodes refuse it within five seconds."""
    key_id = http.id_of("key", id)
    answer = await http.run(REVOKE_KEY, key_id)
    callers.forget_key(http.principal.tenant_id, key_id)
    return answer
