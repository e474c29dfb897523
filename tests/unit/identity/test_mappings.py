"""What identity saves is what it loads, and every rule of its tables has an error."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint

from app.application.shared.messages import Message
from app.domain.identity.audit.chain import Seal
from app.domain.identity.audit.operator_action import OperatorAction
from app.domain.identity.companies.export import Export, ExportError
from app.domain.identity.companies.tenant import Tenant, TenantState
from app.domain.identity.factors.challenge import Challenge, Purpose
from app.domain.identity.factors.second_factor import SecondFactor
from app.domain.identity.factors.security_key import SecurityKey
from app.domain.identity.keys.api_key import ApiKey, ApiKeyUse
from app.domain.identity.keys.signing_key import KeyState, SigningKey
from app.domain.identity.members.invitation import Invitation
from app.domain.identity.members.membership import Membership
from app.domain.identity.members.role import Role
from app.domain.identity.members.throttle_lift import ThrottleLift
from app.domain.identity.operators.operator import Operator, OperatorSession
from app.domain.identity.sign_in.credentials import Credentials
from app.domain.identity.sign_in.password_reset import PasswordReset
from app.domain.identity.sign_in.session import Session
from app.domain.identity.sign_in.user import User
from app.domain.shared.ids import Id
from app.infrastructure.db.errors import CONSTRAINT_ERRORS
from app.infrastructure.db.mapping import Mapping
from app.infrastructure.db.metadata import metadata
from app.infrastructure.identity.mappings import MAPPINGS

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
ONE, TWO, THREE = (Id(bytes([number]) * 16) for number in (1, 2, 3))
IDENTITY = (
    "users",
    "credentials",
    "tenants",
    "memberships",
    "invitations",
    "api_keys",
    "api_key_uses",
    "sessions",
    "signing_keys",
    "audit_seals",
    "roles",
    "second_factors",
    "security_keys",
    "challenges",
    "password_resets",
    "throttle_lifts",
    "messages",
    "exports",
    "operators",
    "operator_sessions",
    "operator_acts",
)

SESSION = Session(
    id=ONE,
    user_id=TWO,
    tenant_id=THREE,
    family_hash=b"family",
    token_hash=b"token",
    previous_hash=b"previous",
    rotated_at=NOW,
    created_at=NOW - timedelta(days=1),
    last_used_at=NOW + timedelta(seconds=1),
    expires_at=NOW + timedelta(days=7),
    ends_at=NOW + timedelta(days=30),
    revoked_at=NOW + timedelta(days=2),
    device="curl/8",
    address="192.0.2.7",
    version=3,
    proved_at=NOW + timedelta(minutes=1),
    second_factor=True,
)
KEY = ApiKey(
    id=ONE,
    name="Shop",
    permissions=("sales:write", "units:read"),
    addresses=("192.0.2.0/24",),
    test=True,
    secret_hash=b"secret",
    previous_hash=b"previous",
    previous_expires_at=NOW + timedelta(hours=1),
    made_by_id=TWO,
    created_at=NOW - timedelta(days=1),
    rotated_at=NOW,
    expires_at=NOW + timedelta(days=30),
    revoked_at=NOW + timedelta(days=2),
    version=3,
)
MESSAGE = Message(
    ONE, "o@x.example", "password_reset", b"sealed", NOW, NOW + timedelta(hours=1), None, 1
)
EXPORT = Export.new(ONE, TWO, NOW, [])
CLAIMED = EXPORT.claimed(NOW)
OPERATOR_SESSION = OperatorSession.opened(
    ONE, TWO, ("curl/8", "192.0.2.7"), NOW, timedelta(minutes=15)
)
SAMPLES: dict[str, list[Any]] = {
    "users": [
        User(ONE, "Olga@north.example", "olga@north.example", "Olga", True, NOW, 2, locale, zone)
        for locale, zone in ((None, None), ("ar", "Asia/Kuwait"))
    ],
    "credentials": [Credentials(ONE, "$argon2id$…", NOW, 4, each) for each in (True, False)],
    "tenants": [
        Tenant(
            ONE,
            "North",
            "Europe/London",
            country,
            state,
            NOW,
            5,
            country is None,
            not country,
            delete_at,
            country is None,
        )
        for country in ("GB", None)
        for state in TenantState
        for delete_at in (None, NOW)
    ],
    "memberships": [Membership(ONE, TWO, "owner", True, 6)],
    "invitations": [
        Invitation(
            ONE,
            "E@x.example",
            "e@x.example",
            "buyer",
            b"hash",
            TWO,
            NOW,
            NOW,
            accepted,
            withdrawn,
            1,
        )
        for accepted, withdrawn in ((None, None), (NOW, None), (None, NOW))
    ],
    "api_keys": [KEY, replace(KEY, previous_hash=None, previous_expires_at=None, revoked_at=None)],
    "api_key_uses": [ApiKeyUse(ONE, NOW, "192.0.2.7")],
    "sessions": [SESSION, replace(SESSION, previous_hash=None, rotated_at=None, revoked_at=None)],
    "signing_keys": [
        SigningKey("k1", b"sealed", b"public", NOW, None, KeyState.ACTIVE),
        SigningKey("k1", b"sealed", b"public", NOW, NOW, KeyState.RETIRED),
    ],
    "audit_seals": [Seal(2, ONE, TWO, 1, b"before", b"hash", NOW, b"digest")],
    "roles": [Role(ONE, TWO, "dock", "Dock", ("stock:read",), False, 7)],
    "second_factors": [
        SecondFactor.none(ONE),
        SecondFactor(ONE, b"sealed", b"pending", NOW, 7, b"h" * 64, 2, NOW, 3),
    ],
    "security_keys": [
        SecurityKey(ONE, TWO, b"credential", b"cose", 5, "Blue", NOW, used, removed, 2)
        for used, removed in ((None, None), (NOW, NOW))
    ],
    "challenges": [
        Challenge(ONE, TWO, THREE, purpose, b"token", b"challenge", NOW, 1, NOW, NOW, used, 2)
        for purpose in Purpose
        for used in (None, NOW)
    ],
    "password_resets": [PasswordReset(ONE, b"hash", NOW, NOW + timedelta(minutes=30), 2)],
    "throttle_lifts": [ThrottleLift(ONE, NOW, 3)],
    "messages": [MESSAGE, MESSAGE.delivered(NOW)],
    "exports": [
        EXPORT,
        EXPORT.claimed(NOW),
        EXPORT.claimed(NOW).failed(1, ExportError.STORAGE, NOW),
    ],
    "operators": [Operator(ONE, NOW, active=True)],
    "operator_sessions": [
        OPERATOR_SESSION,
        OPERATOR_SESSION.revoked(NOW),
    ],
    "operator_acts": [
        OperatorAction(ONE, TWO, THREE, "company.shown", None, "why", "r1", "192.0.2.7", {}, NOW)
    ],
}
BY_NAME = {each.kind.name: each for each in MAPPINGS if isinstance(each, Mapping)}


def test_there_is_a_sample_of_each_kind() -> None:
    assert sorted(BY_NAME) == sorted(SAMPLES) == sorted(IDENTITY)


@pytest.mark.parametrize("name", IDENTITY)
def test_what_is_saved_is_loaded(name: str) -> None:
    mapping = BY_NAME[name]
    for sample in SAMPLES[name]:
        [(table, row)] = mapping.dump(sample)
        assert table is mapping.table
        # A database gives plain texts and bytes back, not enumerations.
        plain = [str(value) if isinstance(value, str) else value for value in row.values()]
        assert mapping.load([plain[list(row).index(each)] for each in mapping.columns]) == sample


@pytest.mark.parametrize("name", IDENTITY)
def test_every_field_has_its_column(name: str) -> None:
    mapping = BY_NAME[name]
    names = {each.name for each in fields(SAMPLES[name][0])}
    columns = {column.name for column in mapping.table.columns}
    assert columns - names == ({"tenant_id"} if mapping.table.info["tenant"] else set())
    assert names == set(mapping.columns) <= columns
    [(_, row)] = mapping.dump(SAMPLES[name][0])
    assert row == {each: getattr(SAMPLES[name][0], each) for each in names}


def test_every_rule_of_the_tables_has_an_error() -> None:
    rules = {
        str(constraint.name)
        for table in metadata.tables.values()
        if table.name in IDENTITY
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint | ForeignKeyConstraint | UniqueConstraint)
    }
    assert len(rules) >= 12
    assert rules <= CONSTRAINT_ERRORS.keys()
