"""What an export holds: every table of the company that does not say why it is left out.

Columns of raw bytes are hashes and sealed keys, and are never written.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Select, Table, bindparam, select, tuple_

from app.application.shared.wording import instant
from app.domain.shared.fields import FieldType, Scaled, is_nested, members_of
from app.domain.shared.ids import ulid_text
from app.infrastructure.db import types
from app.infrastructure.db.metadata import metadata
from app.infrastructure.db.query import TENANT, Query, of_tenant
from app.infrastructure.identity.directory.tables import memberships, roles, tenants, users

_FORMS: Final[dict[type[Any], str]] = {
    types.Id: "id",
    types.Integer: "integer",
    types.Text: "text",
    types.Flag: "flag",
    types.Day: "day",
    types.Instant: "instant",
    types.Json: "json",
}


def exported() -> list[Table]:
    """The tables of companies that are written, those that others refer to first."""
    return [each for each in _of_companies() if not each.info["left_out"]]


def left_out() -> dict[str, str]:
    """The tables of companies that are not written, and why."""
    reasons = {str(each.name): each.info["left_out"] for each in _of_companies()}
    return {name: reason for name, reason in reasons.items() if reason}


def _of_companies() -> list[Table]:
    return [table for table in metadata.sorted_tables if table.info["tenant"]]


@cache
def currency() -> Query:
    """The currency of the company, which its amounts are in."""
    books = metadata.tables["books"]
    return Query(select(books.c.currency).where(*of_tenant(books)))


class Part(NamedTuple):
    """One file of an export: the columns with their forms, and the statements of its pages.

    ``key`` are the places of the columns by which the next page is found; a part without any has
    one page.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    fields: tuple[FieldType | None, ...]
    left_out: tuple[str, ...]
    key: tuple[int, ...]
    first: Query
    next: Query | None

    def row(self, values: Any, exponent: int) -> dict[str, Any]:
        """A row as it is written; amounts have the decimals of the currency."""
        return {
            name: value if value is None else _written(form, field, value, exponent)
            for (name, form), field, value in zip(self.columns, self.fields, values, strict=False)
        }

    def after(self, values: Any) -> dict[str, Any]:
        """Where the page after one that ends with this row begins."""
        return {f"after_{place}": values[at] for place, at in enumerate(self.key)}


@cache
def parts() -> tuple[Part, ...]:
    """Every file of an export, in the order of references: what is referred to comes first."""
    return (_company(), _roles(), _members(), *map(_whole, exported()))


def is_secret(column: Column[Any]) -> bool:
    """Whether a column is never written: raw bytes are hashes and sealed keys."""
    return isinstance(column.type, types.Bytes)


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
        tuple((str(each.name), _form(each)) for each in shown),
        tuple(each.info.get("field") for each in shown),
        left_out,
        tuple(shown.index(each) for each in key),
        Query(limited),
        following,
    )


def _form(column: Column[Any]) -> str:
    field: FieldType | None = column.info.get("field")
    is_decimal = field is not None and field.mark(Scaled) is not None
    return "decimal" if is_decimal else _FORMS[type(column.type)]


def _written(form: str, field: FieldType | None, value: Any, exponent: int) -> Any:
    """A value as it is written; numbers have the scale that their field declares."""
    scaled = None if field is None else field.mark(Scaled)
    if scaled is not None:
        return scaled.text(value, exponent)
    if form == "json" and field is not None:
        return _inside(field, value, exponent)
    return _WRITTEN.get(form, _as_it_is)(value)


def _inside(field: FieldType, value: Any, exponent: int) -> Any:
    """A value inside a JSON column: objects by the names of their members."""
    if value is None:
        return None
    if field.item is not None:
        return [_inside(field.item, each, exponent) for each in value]
    if is_nested(field):
        members = members_of(field.bare)
        values = [value[each.name] for each in members] if isinstance(value, dict) else value
        return {
            each.name: _inside(each.type, inner, exponent)
            for each, inner in zip(members, values, strict=False)
        }
    scaled = field.mark(Scaled)
    if scaled is not None:
        return scaled.text(value, exponent)
    return ulid_text(bytes.fromhex(value)) if field.bare is bytes else value


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
