"""The audit trail in the database. Its order is that of the ids, which is that of time."""

from sqlalchemy import select

from app.application.identity.audit.entries import AUDIT_LIST, ENTRY_MEMBERS, entry_view
from app.application.identity.audit.operator_actions import (
    OPERATOR_ACTION_LIST,
    OPERATOR_ACTION_VIEW,
)
from app.infrastructure.db.kernel_tables import audit_entries
from app.infrastructure.db.lists import ListQuery, at_least, at_most, equals, plain_list
from app.infrastructure.identity.audit.tables import operator_acts
from app.infrastructure.identity.directory.lists import columns

_OF_ACTIONS = ("operator_id", "company_id", "action")
_EQUAL = ("actor_id", "session_id", "request_id", "action", "entity_kind")

LISTS = (
    plain_list(
        AUDIT_LIST,
        audit_entries,
        ENTRY_MEMBERS,
        entry_view,
        sorts={"recorded_at": "id"},
        filters={
            **{name: equals(audit_entries.c[name]) for name in (*_EQUAL, "entity_id")},
            "on_behalf_of_id": equals(audit_entries.c.on_behalf_of),
            "recorded_from": at_least(audit_entries.c.recorded_at),
            "recorded_to": at_most(audit_entries.c.recorded_at),
            "id_from": at_least(audit_entries.c.id),
            "id_to": at_most(audit_entries.c.id),
        },
    ),
    ListQuery(
        OPERATOR_ACTION_LIST,
        select(*columns(OPERATOR_ACTION_VIEW, operator_acts)),
        operator_acts.c.id,
        OPERATOR_ACTION_VIEW.row,
        sorts={"id": operator_acts.c.id},
        filters={
            **{name: equals(operator_acts.c[name]) for name in _OF_ACTIONS},
            "recorded_from": at_least(operator_acts.c.recorded_at),
            "recorded_to": at_most(operator_acts.c.recorded_at),
        },
    ),
)
