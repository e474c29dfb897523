"""Keys in the database: loaded, saved, listed, and looked up when they call."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, bindparam, select

from app.application.identity.keys.ports import (
    ACTIVE_SIGNING_KEYS,
    API_KEY_LIST,
    API_KEY_USES,
    API_KEYS,
    API_KEYS_IN_USE,
    SIGNING_KEYS,
    KeyAccess,
)
from app.application.identity.keys.views import API_KEY_VIEW
from app.application.shared.permissions import known, permissions_of
from app.domain.identity.companies.tenant import status_of
from app.domain.identity.keys.api_key import ApiKey, ApiKeyUse
from app.domain.identity.keys.signing_key import KeyState, SigningKey
from app.domain.shared.ids import Id
from app.infrastructure.db import types
from app.infrastructure.db.lists import ListQuery
from app.infrastructure.db.mapping import Mapping, Search, flat
from app.infrastructure.db.port import Database
from app.infrastructure.db.query import Query, of_tenant
from app.infrastructure.identity.directory.lists import columns
from app.infrastructure.identity.directory.tables import memberships, roles, tenants, users
from app.infrastructure.identity.keys.tables import api_key_uses, api_keys, signing_keys

_SIGNING_KEY_MAPPING = flat(SIGNING_KEYS, signing_keys, SigningKey, key=("kid",), state=KeyState)

MAPPINGS: tuple[Mapping | Search, ...] = (
    flat(API_KEYS, api_keys, ApiKey, permissions=tuple, addresses=tuple),
    flat(API_KEY_USES, api_key_uses, ApiKeyUse, key=("api_key_id",)),
    Search(API_KEYS_IN_USE, (), where="t.revoked_at IS NULL"),
    _SIGNING_KEY_MAPPING,
    Search(ACTIVE_SIGNING_KEYS, (), where="t.state = 'active'"),
)

_USED = and_(
    api_key_uses.c.tenant_id == api_keys.c.tenant_id, api_key_uses.c.api_key_id == api_keys.c.id
)


def _in_use(name: str) -> ColumnElement[bool]:
    return api_keys.c.revoked_at.is_(None) == bindparam(name, type_=types.Flag)


LISTS = (
    ListQuery(
        API_KEY_LIST,
        select(*columns(API_KEY_VIEW, api_keys, api_key_uses))
        .outerjoin(api_key_uses, _USED)
        .where(*of_tenant(api_keys)),
        api_keys.c.id,
        API_KEY_VIEW.row,
        sorts={"id": api_keys.c.id},
        filters={"active": _in_use},
    ),
)

_MAKER = and_(
    memberships.c.tenant_id == api_keys.c.tenant_id, memberships.c.user_id == api_keys.c.made_by_id
)
_ACCESS = Query(
    select(
        api_keys.c.made_by_id,
        memberships.c.role,
        roles.c.permissions,
        memberships.c.active,
        users.c.active,
        tenants.c.state,
        tenants.c.delete_at,
        tenants.c.purging,
        api_keys.c.test,
        api_keys.c.permissions,
        api_keys.c.addresses,
        api_keys.c.secret_hash,
        api_keys.c.previous_hash,
        api_keys.c.previous_expires_at,
        api_keys.c.expires_at,
        api_keys.c.revoked_at,
    )
    .join(memberships, _MAKER)
    .outerjoin(
        roles,
        and_(roles.c.tenant_id == memberships.c.tenant_id, roles.c.code == memberships.c.role),
    )
    .join(users, users.c.id == api_keys.c.made_by_id)
    .join(tenants, tenants.c.id == api_keys.c.tenant_id)
    .where(*of_tenant(api_keys), api_keys.c.id == bindparam("key_id", type_=types.Id))
)


class DatabaseKeyDirectory:
    """Implements ``app.application.identity.keys.ports.KeyDirectory``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def access(self, tenant_id: Id, key_id: Id) -> KeyAccess | None:
        """What the key may do now."""
        async with self._database.read(tenant_id) as scope:
            row = await scope.row(_ACCESS, key_id=key_id)
        if row is None:
            return None
        made_by_id, role, granted, member, user, state, delete_at, purging, *key = row
        test, permissions, addresses, secret_hash, previous_hash, previous_expires_at, *ends = key
        expires_at, revoked_at = ends
        held = permissions_of(role) if granted is None else known(granted)
        return KeyAccess(
            key_id=key_id,
            tenant_id=tenant_id,
            made_by_id=made_by_id,
            held=held if member and user and not purging else None,
            test=test,
            permissions=frozenset(permissions),
            addresses=tuple(addresses),
            secret_hash=secret_hash,
            previous_hash=previous_hash,
            previous_expires_at=previous_expires_at,
            expires_at=expires_at,
            revoked=revoked_at is not None,
            company_status=status_of(state, delete_at),
        )


_SIGNING_KEYS = Query(
    select(*(signing_keys.c[name] for name in _SIGNING_KEY_MAPPING.columns)).order_by(
        signing_keys.c.created_at.desc(), signing_keys.c.kid.desc()
    )
)


class DatabaseSigningKeys:
    """Implements ``app.application.identity.keys.ports.SigningKeyStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def signing_keys(self) -> Sequence[SigningKey]:
        """Every signing key, the newest first."""
        async with self._database.read(None) as scope:
            rows = await scope.rows(_SIGNING_KEYS)
        return [_SIGNING_KEY_MAPPING.load(row) for row in rows]
