"""What an export holds: every table of the company, judged one by one, and what it never holds.

A table that is judged nowhere fails a test. Columns of raw bytes are hashes and sealed keys: none
is ever written, whether it stands here or not.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Select, Table, bindparam, select, tuple_

from app.application.shared.wording import instant
from app.domain.shared.ids import ulid_text
from app.infrastructure.db import types
from app.infrastructure.db.metadata import metadata
from app.infrastructure.db.query import TENANT, Query, of_tenant
from app.infrastructure.identity.directory.tables import memberships, roles, tenants, users

WHOLE: Final = frozenset(
    {
        "accounts",
        "adjustment_lines",
        "adjustments",
        "allocation_documents",
        "allocations",
        "api_key_uses",
        "api_keys",
        "audit_entries",
        "bill_lines",
        "billed_lines",
        "bills",
        "books",
        "categories",
        "contacts",
        "cost_layers",
        "cost_pools",
        "day_balances",
        "exports",
        "invitations",
        "journal_entries",
        "journal_lines",
        "ledger_checkpoints",
        "locations",
        "number_series",
        "open_items",
        "outbox_events",
        "payments",
        "periods",
        "posting_accounts",
        "products",
        "receipt_lines",
        "receipt_progress",
        "receipts",
        "return_lines",
        "returned_so_far",
        "returns",
        "sale_lines",
        "sales",
        "stock_levels",
        "stock_moves",
        "supplier_return_lines",
        "supplier_returns",
        "taxes",
        "units",
        "valuations",
    }
)
# Tables that are not written, and why.
LEFT_OUT: Final[dict[str, str]] = {
    "audit_seals": "hashes that prove the audit trail where it is kept; their head is published",
    "stored_answers": "answers kept for a day so that a repeated request gets the same one",
}
# Columns that hold secrets, or hashes of them.
SECRETS: Final = frozenset(
    {("invitations", "token_hash"), ("api_keys", "secret_hash"), ("api_keys", "previous_hash")}
)

_FORMS: Final[dict[type[Any], str]] = {
    types.Id: "id",
    types.Integer: "integer",
    types.Text: "text",
    types.Flag: "flag",
    types.Day: "day",
    types.Instant: "instant",
    types.Json: "json",
}


class Part(NamedTuple):
    """One file of an export: the columns with their forms, and the statements of its pages.

    ``key`` are the places of the columns by which the next page is found; a part without any has
    one page.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]
    key: tuple[int, ...]
    first: Query
    next: Query | None

    def row(self, values: Any) -> dict[str, Any]:
        """A row as it is written."""
        return {
            name: value if value is None else _WRITTEN.get(form, _as_it_is)(value)
            for (name, form), value in zip(self.columns, values, strict=False)
        }

    def after(self, values: Any) -> dict[str, Any]:
        """Where the page after one that ends with this row begins."""
        return {f"after_{place}": values[at] for place, at in enumerate(self.key)}


@cache
def parts() -> tuple[Part, ...]:
    """Every file of an export, in the order of references: what is referred to comes first."""
    own = [table for table in metadata.sorted_tables if table.name in WHOLE]
    return (_company(), _roles(), _members(), *(_whole(table) for table in own))


def is_secret(column: Column[Any]) -> bool:
    """Whether a column is never written."""
    return isinstance(column.type, types.Bytes) or (column.table.name, column.name) in SECRETS


def _whole(table: Table) -> Part:
    shown = [each for each in table.columns if not is_secret(each) and each.name != TENANT]
    key = [each for each in table.primary_key.columns if each.name != TENANT]
    left_out = tuple(str(each.name) for each in table.columns if is_secret(each))
    return _part(table.name, shown, key, select(*shown).where(*of_tenant(table)), left_out)


def _company() -> Part:
    shown = [tenants.c[name] for name in ("id", "name", "time_zone", "country", "created_at")]
    own = select(*shown).where(tenants.c.id == bindparam(TENANT, type_=types.Id))
    return _part("company", shown, [], own, ())


def _roles() -> Part:
    shown = [roles.c[name] for name in ("id", "code", "name", "permissions", "active")]
    own = select(*shown).where(roles.c.tenant_id == bindparam(TENANT, type_=types.Id))
    return _part("roles", shown, [roles.c.id], own, ())


def _members() -> Part:
    shown = [
        users.c.id,
        users.c.email,
        users.c.display_name,
        memberships.c.role,
        memberships.c.active,
    ]
    own = (
        select(*shown)
        .join(memberships, memberships.c.user_id == users.c.id)
        .where(memberships.c.tenant_id == bindparam(TENANT, type_=types.Id))
    )
    return _part("members", shown, [users.c.id], own, ())


def _part(
    name: str,
    shown: list[Column[Any]],
    key: list[Column[Any]],
    rows: Select[Any],
    left_out: tuple[str, ...],
) -> Part:
    limited = rows.order_by(*key).limit(bindparam("limit", type_=types.Integer))
    following = None
    if key:
        seen = (bindparam(f"after_{at}", type_=each.type) for at, each in enumerate(key))
        following = Query(limited.where(tuple_(*key) > tuple_(*seen)))
    return Part(
        name,
        tuple((str(each.name), _FORMS[type(each.type)]) for each in shown),
        left_out,
        tuple(shown.index(each) for each in key),
        Query(limited),
        following,
    )


def _as_it_is(value: Any) -> Any:
    return value


def _day(value: date) -> str:
    return value.isoformat()


def _instant(value: datetime) -> str:
    return instant(value)


_WRITTEN: Final[dict[str, Callable[[Any], Any]]] = {
    "id": ulid_text,
    "day": _day,
    "instant": _instant,
}
