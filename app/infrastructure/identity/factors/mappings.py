"""Second factors in the database: how they are loaded and saved."""

from sqlalchemy import select

from app.application.identity.factors.kinds import (
    CHALLENGES,
    SECOND_FACTORS,
    SECURITY_KEY_LIST,
    SECURITY_KEYS,
    SECURITY_KEYS_OF_USER,
)
from app.application.identity.factors.views import security_key_view
from app.domain.identity.factors.challenge import Challenge, Purpose
from app.domain.identity.factors.second_factor import SecondFactor
from app.domain.identity.factors.security_key import SecurityKey
from app.infrastructure.db.lists import ListQuery, equals
from app.infrastructure.db.mapping import Mapping, Search, flat
from app.infrastructure.identity.directory.lists import columns
from app.infrastructure.identity.factors import tables

_KEYS = tables.security_keys.c

MAPPINGS: tuple[Mapping | Search, ...] = (
    flat(SECOND_FACTORS, tables.second_factors, SecondFactor, key=("user_id",)),
    flat(SECURITY_KEYS, tables.security_keys, SecurityKey),
    flat(CHALLENGES, tables.challenges, Challenge, purpose=Purpose),
    Search(SECURITY_KEYS_OF_USER, ("user_id",), where="t.removed_at IS NULL"),
)

LISTS = (
    ListQuery(
        SECURITY_KEY_LIST,
        select(*columns(security_key_view, tables.security_keys)).where(_KEYS.removed_at.is_(None)),
        _KEYS.id,
        security_key_view,
        sorts={"id": _KEYS.id},
        filters={"user_id": equals(_KEYS.user_id)},
    ),
)
