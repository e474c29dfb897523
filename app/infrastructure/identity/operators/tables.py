"""Operators of the platform: tables, mappings, lists, and what is behind their tokens."""

from sqlalchemy import ForeignKeyConstraint, Index, bindparam, case, func, select

from app.application.identity.audit.operator_actions import OPERATOR_ACTS
from app.application.identity.directory.ports import OPERATORS, Access
from app.application.identity.operators.companies import (
    ACT_LIST,
    COMPANY_RECORDS,
    USER_RECORDS,
    act_view,
    company_record,
    user_record,
)
from app.application.identity.operators.sign_in import OPERATOR_SESSIONS
from app.domain.identity.operators.operator import Operator, OperatorAct, OperatorSession
from app.domain.shared.errors import ReferenceNotFound, ValueOutOfRange
from app.domain.shared.ids import NO_ID
from app.domain.shared.ids import Id as IdOf
from app.infrastructure.db import types
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.lists import ListQuery, at_least, at_most, contains, equals
from app.infrastructure.db.mapping import flat
from app.infrastructure.db.metadata import PLATFORM, check, column, platform_table, version
from app.infrastructure.db.port import Database
from app.infrastructure.db.query import Query
from app.infrastructure.db.types import Flag, Id, Instant, Json, Text
from app.infrastructure.identity.directory.tables import credentials, memberships, tenants, users

operators = platform_table(
    "operators",
    column("user_id", Id),
    column("added_at", Instant),
    column("active", Flag),
    ForeignKeyConstraint(["user_id"], [f"{PLATFORM}.users.id"]),
    key=("user_id",),
)

operator_sessions = platform_table(
    "operator_sessions",
    column("id", Id),
    column("user_id", Id),
    column("created_at", Instant),
    column("expires_at", Instant),
    column("revoked_at", Instant, null=True),
    column("device", Text),
    column("address", Text),
    version(),
    ForeignKeyConstraint(["user_id"], [f"{PLATFORM}.operators.user_id"]),
    check("lifetime", "created_at < expires_at"),
)

# No reference to a company: what was done to it outlives it.
operator_acts = platform_table(
    "operator_acts",
    column("id", Id),
    column("operator_id", Id),
    column("session_id", Id),
    column("action", Text),
    column("company_id", Id, null=True),
    column("reason", Text),
    column("request_id", Text),
    column("address", Text),
    column("changes", Json),
    column("recorded_at", Instant),
    Index("operator_acts_company_id_ix", "company_id", "id"),
    Index("operator_acts_operator_id_ix", "operator_id", "id"),
)

on_constraint(ReferenceNotFound, "operators_user_id_fk", "operator_sessions_user_id_fk")
on_constraint(ValueOutOfRange, "operator_sessions_lifetime_ck")

MAPPINGS = (
    flat(OPERATORS, operators, Operator, key=("user_id",)),
    flat(OPERATOR_SESSIONS, operator_sessions, OperatorSession),
    flat(OPERATOR_ACTS, operator_acts, OperatorAct),
)

_STANDING = case(
    (tenants.c.purging, "purging"),
    (tenants.c.state == "suspended", "suspended"),
    (tenants.c.delete_at.is_not(None), "closing"),
    else_="active",
)
_MEMBERS = (
    select(func.count())
    .where(memberships.c.tenant_id == tenants.c.id, memberships.c.active)
    .correlate(tenants)
    .scalar_subquery()
)
_COMPANIES = (
    select(func.count())
    .where(memberships.c.user_id == users.c.id, memberships.c.active)
    .correlate(users)
    .scalar_subquery()
)

LISTS = (
    ListQuery(
        COMPANY_RECORDS,
        select(
            tenants.c.id,
            tenants.c.name,
            tenants.c.country,
            tenants.c.time_zone,
            tenants.c.state,
            tenants.c.purging,
            _MEMBERS.label("members"),
            tenants.c.created_at,
            tenants.c.delete_at,
        ),
        tenants.c.id,
        company_record,
        sorts={"id": tenants.c.id, "name": tenants.c.name},
        filters={
            "id": equals(tenants.c.id),
            "q": contains(func.lower(tenants.c.name)),
            "standing": lambda name: bindparam(name, type_=Text) == _STANDING,
        },
    ),
    ListQuery(
        USER_RECORDS,
        select(
            users.c.id,
            users.c.email,
            users.c.display_name,
            users.c.active,
            _COMPANIES.label("companies"),
            users.c.created_at,
        ),
        users.c.id,
        user_record,
        sorts={"id": users.c.id},
        filters={"q": contains(users.c.email_folded, func.lower(users.c.display_name))},
    ),
    ListQuery(
        ACT_LIST,
        select(
            operator_acts.c.id,
            operator_acts.c.operator_id,
            operator_acts.c.action,
            operator_acts.c.company_id,
            operator_acts.c.reason,
            operator_acts.c.request_id,
            operator_acts.c.address,
            operator_acts.c.changes,
            operator_acts.c.recorded_at,
        ),
        operator_acts.c.id,
        act_view,
        sorts={"id": operator_acts.c.id},
        filters={
            "operator_id": equals(operator_acts.c.operator_id),
            "company_id": equals(operator_acts.c.company_id),
            "action": equals(operator_acts.c.action),
            "since": at_least(operator_acts.c.recorded_at),
            "until": at_most(operator_acts.c.recorded_at),
        },
    ),
)

# A password that was changed since ends the session.
_ACCESS = Query(
    select(operator_sessions.c.id, operator_sessions.c.user_id, operator_sessions.c.expires_at)
    .join(operators, operators.c.user_id == operator_sessions.c.user_id)
    .join(users, users.c.id == operator_sessions.c.user_id)
    .join(credentials, credentials.c.user_id == operator_sessions.c.user_id)
    .where(
        operator_sessions.c.id == bindparam("session_id", type_=types.Id),
        operator_sessions.c.revoked_at.is_(None),
        credentials.c.changed_at <= operator_sessions.c.created_at,
        operators.c.active,
        users.c.active,
    )
)


class OperatorAccess:
    """What is behind the token of an operator: the part of a directory that tokens ask."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def access(self, session_id: IdOf) -> Access | None:
        """What the session may do now; None when it, the operator or the user is no more."""
        async with self._database.read(None) as scope:
            row = await scope.row(_ACCESS, session_id=session_id)
        return None if row is None else Access(row[0], row[1], NO_ID, "operator", row[2])
