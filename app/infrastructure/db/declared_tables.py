"""Tables that follow from declarations: their columns are the fields of the dataclass."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, cast

from sqlalchemy import Table

from app.application.shared.documents import Document
from app.application.shared.masters import Master
from app.domain.shared.errors import DomainError, ExternalRefTaken
from app.domain.shared.fields import (
    FieldType,
    Member,
    Reference,
    folded_of,
    is_nested,
    member,
    members_of,
)
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.metadata import (
    SchemaPart,
    column,
    index,
    refers,
    tenant_table,
    unique,
    unique_if_set,
)
from app.infrastructure.db.types import Day, Flag, Id, Instant, Integer, Json, Text

_COLUMN_TYPES: Mapping[Any, type[Any]] = {
    bool: Flag,
    int: Integer,
    str: Text,
    bytes: Id,
    date: Day,
    datetime: Instant,
    dict: Json,
    tuple: Json,
}


def columns_of(type_: type[Any], *without: str, referred: Collection[str] = ()) -> list[SchemaPart]:
    """The columns of the fields of a dataclass, and a foreign key for each reference.

    Fields that are ``referred`` have a foreign key elsewhere: one of several columns.
    The field's type stays with its column (``info["field"]``), for what writes the column outside.
    """
    parts: list[SchemaPart] = []
    for each in members_of(type_):
        if each.name in without:
            continue
        made = column(each.name, _column_type(each.type), null=each.type.optional)
        made.info["field"] = each.type
        parts.append(made)
    parts += (
        refers(each.name, reference.table)
        for each in members_of(type_)
        if each.name not in ("id", *without, *referred)
        and (reference := each.type.mark(Reference)) is not None
    )
    return parts


def master_table(master: Master[Any], *parts: SchemaPart) -> Table:
    """The table of a master: its fields, its unique members, and ``parts`` of its own."""
    noun, name = master.noun, master.noun.kind.name
    uniques = []
    for each in master.unique:
        column_name = folded_of(noun.of, each.member)
        optional = member(noun.of, column_name).type.optional
        uniques.append(unique_if_set(name, column_name) if optional else unique(column_name))
        _refused(f"{name}_tenant_id_{column_name}_uq", each.refusal, f"/{each.member}")
    return tenant_table(name, *columns_of(noun.of), *uniques, *parts)


def document_table(document: Document[Any, Any], *parts: SchemaPart) -> Table:
    """The table of a posted document: its fields without its lines, number, reference, day."""
    noun, name = document.noun, document.noun.kind.name
    optional = member(noun.of, "number").type.optional
    uniques: list[SchemaPart] = [unique_if_set(name, "number") if optional else unique("number")]
    if document.has_ref:
        uniques.append(unique_if_set(name, "external_ref"))
        _refused(f"{name}_tenant_id_external_ref_uq", ExternalRefTaken, "/external_ref")
    return tenant_table(
        name,
        *columns_of(noun.of, "lines"),
        *uniques,
        index(name, "effective_on", "id"),
        *parts,
        append_only=True,
    )


def lines_table(
    name: str,
    document: Document[Any, Any],
    parent: str,
    *parts: SchemaPart,
    referred: Collection[str] = (),
) -> Table:
    """The table of the lines of a posted document; ``parent`` is the column that names it.

    ``referred`` are fields whose foreign key of several columns is among ``parts``.
    """
    return tenant_table(
        name,
        column(parent, Id),
        *columns_of(line_type(document.noun.of), referred=referred),
        refers(parent, document.noun.kind.name),
        *parts,
        key=(parent, "line"),
        append_only=True,
    )


def _refused(constraint: str, refusal: type[DomainError], pointer: str) -> None:
    on_constraint(lambda: refusal.at(pointer), constraint)


def _column_type(type_: FieldType) -> Any:
    if is_nested(type_):
        return Json
    bare = getattr(type_.bare, "__origin__", type_.bare)
    if isinstance(bare, type) and issubclass(bare, Enum):
        return Text
    return _COLUMN_TYPES[bare]


def line_type(type_: type[Any]) -> type[Any]:
    """The type of the lines of a document."""
    lines: Member = next(each for each in members_of(type_) if each.name == "lines")
    if lines.type.item is None or not is_nested(lines.type.item):
        raise TypeError(f"{type_.__name__}.lines must be a tuple of objects")
    return cast(type[Any], lines.type.item.bare)
