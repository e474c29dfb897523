"""Operators of the platform: tables, mappings, lists, and what is behind their tokens."""

from sqlalchemy import bindparam, case, func, select

from app.application.identity.directory.kinds import OPERATORS
from app.application.identity.directory.ports import Access
from app.application.identity.operators.companies import (
    COMPANY_RECORD,
    COMPANY_RECORDS,
    USER_RECORD,
    USER_RECORDS,
)
from app.application.identity.operators.sign_in import OPERATOR_SESSIONS
from app.domain.identity.operators.operator import Operator, OperatorSession
from app.domain.shared.errors import ReferenceNotFound, ValueOutOfRange
from app.domain.shared.ids import NO_ID
from app.domain.shared.ids import Id as IdOf
from app.infrastructure.db import types
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.lists import ListQuery, contains, equals
from app.infrastructure.db.mapping import flat
from app.infrastructure.db.metadata import check, column, platform_table, version
from app.infrastructure.db.port import Database
from app.infrastructure.db.query import Query
from app.infrastructure.db.types import Flag, Id, Instant, Text
from app.infrastructure.identity.directory.lists import columns
from app.infrastructure.identity.directory.tables import (
    credentials,
    memberships,
    refers_to,
    tenants,
    users,
)

operators = platform_table(
    "operators",
    column("user_id", Id),
    column("added_at", Instant),
    column("active", Flag),
    refers_to("user_id", "users"),
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
    refers_to("user_id", "operators", "user_id"),
    check("lifetime", "created_at < expires_at"),
)

on_constraint(ReferenceNotFound, "operators_user_id_fk", "operator_sessions_user_id_fk")
on_constraint(ValueOutOfRange, "operator_sessions_lifetime_ck")

MAPPINGS = (
    flat(OPERATORS, operators, Operator, key=("user_id",)),
    flat(OPERATOR_SESSIONS, operator_sessions, OperatorSession),
)

_STATUS = case(
    (tenants.c.purging, "purging"),
    (tenants.c.state == "suspended", "suspended"),
    (tenants.c.delete_at.is_not(None), "deletion_scheduled"),
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
        select(*columns(COMPANY_RECORD, tenants, member_count=_MEMBERS.label("member_count"))),
        tenants.c.id,
        COMPANY_RECORD.row,
        sorts={"id": tenants.c.id, "name": tenants.c.name},
        filters={
            "id": equals(tenants.c.id),
            "q": contains(func.lower(tenants.c.name)),
            "status": lambda name: bindparam(name, type_=Text) == _STATUS,
        },
    ),
    ListQuery(
        USER_RECORDS,
        select(*columns(USER_RECORD, users, company_count=_COMPANIES.label("company_count"))),
        users.c.id,
        USER_RECORD.row,
        sorts={"id": users.c.id},
        filters={"q": contains(users.c.email_folded, func.lower(users.c.display_name))},
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
