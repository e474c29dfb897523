"""Mappings and lists that follow from declarations.

A mapping loads and dumps the fields of a dataclass by name; a list selects what its view shows.
What differs is stated beside it.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Table, select

from app.application.shared.documents import Document
from app.application.shared.generated import function
from app.application.shared.kinds import Kind
from app.application.shared.masters import Master
from app.application.shared.reading import Filter, Listing
from app.application.shared.views import View
from app.domain.shared.fields import (
    FieldType,
    folded_of,
    is_nested,
    members_of,
)
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id as DomainId
from app.infrastructure.db import lists
from app.infrastructure.db.declared_tables import line_type
from app.infrastructure.db.lists import ListQuery
from app.infrastructure.db.mapping import Children, Search, TableRow
from app.infrastructure.db.mapping import Mapping as TableMapping
from app.infrastructure.db.query import of_tenant

_OPERATIONS: Mapping[str, Callable[..., lists.Filter]] = {
    "=": lists.equals,
    ">=": lists.at_least,
    "<=": lists.at_most,
    "contains": lists.contains,
    "flag": lists.flagged,
}


@frozen
class Codec:
    """How a field is kept in its column, where it is not kept as it is."""

    load: Callable[[Any], Any]
    dump: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _codec_of(type_: FieldType, *, inside: bool = False) -> Codec | None:
    """The codec of a type: enumerations by their value, objects in JSON as a list of their members.

    ``inside`` JSON an id is written in hexadecimal digits.
    """
    if type_.item is not None:
        item = _codec_of(type_.item, inside=True)
        if item is None:
            return Codec(tuple, list)
        load, dump = item.load, item.dump
        return Codec(
            lambda values: tuple(map(load, values)), lambda values: [dump(each) for each in values]
        )
    if is_nested(type_):
        whole = _object_codec(type_.bare)
        return _maybe(whole.load, whole.dump, inside=True) if type_.optional else whole
    bare = type_.bare
    if isinstance(bare, type) and issubclass(bare, Enum):
        return _maybe(bare, str, inside=inside)
    if inside and bare is bytes:
        return _maybe(lambda text: DomainId(bytes.fromhex(text)), bytes.hex, inside=True)
    return None


def _maybe(load: Callable[[Any], Any], dump: Callable[[Any], Any], *, inside: bool) -> Codec:
    def load_maybe(value: Any) -> Any:
        return None if value is None else load(value)

    def dump_maybe(value: Any) -> Any:
        return None if value is None else dump(value)

    return Codec(load_maybe, dump_maybe if inside else _same)


def _object_codec(type_: type[Any]) -> Codec:
    members = members_of(type_)
    codecs = [_codec_of(each.type, inside=True) or Codec(_same, _same) for each in members]
    names = [each.name for each in members]

    def load(values: Sequence[Any]) -> Any:
        # What was kept before a member was added has fewer values: the member has a default.
        given = zip(names, codecs, values, strict=False)
        return type_(**{name: each.load(value) for name, each, value in given})

    def dump(value: Any) -> list[Any]:
        return [each.dump(getattr(value, name)) for each, name in zip(codecs, names, strict=True)]

    return Codec(load, dump)


class _Rows:
    """How the fields of a dataclass, those in other tables aside, become a row and back."""

    def __init__(
        self, type_: type[Any], without: Sequence[str], codecs: Mapping[str, Codec]
    ) -> None:
        members = [each for each in members_of(type_) if each.name not in without]
        self.type = type_
        self.names = tuple(each.name for each in members)
        found = {each.name: codecs.get(each.name) or _codec_of(each.type) for each in members}
        self._loads = [
            (place, each.load)
            for place, name in enumerate(self.names)
            if (each := found[name]) is not None
        ]
        dumps = {
            name: each.dump
            for name, each in found.items()
            if each is not None and each.dump is not _same
        }
        written = (
            f"{name!r}: dump_{name}(o.{name})" if name in dumps else f"{name!r}: o.{name}"
            for name in self.names
        )
        self.row: Callable[[Any], dict[str, Any]] = function(
            f"row_{type_.__name__}",
            ("o",),
            (f"return {{{', '.join(written)}}}",),
            {f"dump_{name}": dump for name, dump in dumps.items()},
        )

    def values(self, row: Sequence[Any]) -> Sequence[Any]:
        """The values of the fields, from those of the columns."""
        if not self._loads:
            return row
        values = list(row)
        for place, load in self._loads:
            values[place] = load(values[place])
        return values


def mapped(
    kind: Kind[Any],
    table: Table,
    type_: type[Any],
    *,
    key: tuple[str, ...] = ("id",),
    lines: tuple[Table, str] | None = None,
    repeated: Sequence[str] = (),
    codecs: Mapping[str, Codec] | None = None,
) -> TableMapping:
    """The mapping of a dataclass whose fields are the columns of ``table``, name by name.

    ``lines`` are the table of the objects in the field ``lines``, and its column that refers to the
    aggregate; ``repeated`` are fields of the aggregate that the table of its lines has, too.
    ``codecs`` keep a field in a form of its own.
    """
    rows = _Rows(type_, ("lines",) if lines else (), codecs or {})
    if lines is None:

        def load(row: Sequence[Any]) -> Any:
            return type_(*rows.values(row))

        def dump(aggregate: Any) -> list[TableRow]:
            return [(table, rows.row(aggregate))]

        return TableMapping(kind, table, rows.names, key, load, dump)

    line_table, parent = lines
    of_line = line_type(type_)
    of_lines = _Rows(of_line, (), {})

    def load_with_lines(row: Sequence[Any], line_rows: Sequence[Sequence[Any]]) -> Any:
        found = tuple(of_line(*of_lines.values(line)) for line in line_rows)
        return type_(**dict(zip(rows.names, rows.values(row), strict=True)), lines=found)

    def dump_with_lines(aggregate: Any) -> list[TableRow]:
        found: list[TableRow] = [(table, rows.row(aggregate))]
        for line in aggregate.lines:
            row = of_lines.row(line)
            row[parent] = aggregate.id
            for name in repeated:
                row[name] = getattr(aggregate, name)
            found.append((line_table, row))
        return found

    children = (Children(line_table, of_lines.names, by=(parent,), order=("line",)),)
    return TableMapping(kind, table, rows.names, key, load_with_lines, dump_with_lines, children)


def listed(
    listing: Listing,
    view: View[Any],
    table: Table,
    *,
    given: Mapping[str, ColumnElement[Any]] | None = None,
    statement: Callable[[Select[Any]], Select[Any]] = _same,
    key: str = "id",
    codecs: Mapping[str, Codec] | None = None,
) -> ListQuery:
    """The SQL of a declared list of the rows of ``table``.

    ``given`` are the columns of what no column of the table shows; ``statement`` joins them.
    """
    columns: dict[str, ColumnElement[Any]] = {each.name: each for each in table.columns}
    columns.update(given or {})
    selected = [columns[name] for name in view.columns]
    loads = _loads(view, codecs or {})

    def show(*values: Any) -> dict[str, Any]:
        row = list(values)
        for place, load in loads:
            row[place] = load(row[place])
        return view.row(*row)

    return ListQuery(
        listing,
        statement(select(*selected).where(*of_tenant(table))),
        table.c[key],
        show if loads else view.row,
        {name: columns[folded_of(view.of, name)] for name in listing.sorts},
        {each.name: _condition(each, view.of, columns) for each in listing.parameters},
    )


class Stored(NamedTuple):
    """How a declared noun is stored and listed; of a document with its tables."""

    mappings: tuple[TableMapping | Search, ...]
    lists: tuple[ListQuery, ...]
    document: Document[Any, Any] | None = None
    table: Table | None = None
    lines: tuple[Table, str] | None = None


def stored_master(
    master: Master[Any],
    table: Table,
    *searches: Search,
    codecs: Mapping[str, Codec] | None = None,
) -> Stored:
    """A master in its table; ``searches`` are those of finders of its own."""
    noun = master.noun
    own = (
        Search(finder, (folded_of(noun.of, member),)) for member, finder in master.finders.items()
    )
    mapping = mapped(noun.kind, table, noun.of, codecs=codecs)
    query = listed(master.listed, noun.view, table, codecs=codecs)
    return Stored((mapping, *own, *searches), (query,))


def stored_document(
    document: Document[Any, Any],
    table: Table,
    lines: tuple[Table, str] | None,
    *searches: Search,
    repeated: Sequence[str] = (),
    given: Mapping[str, ColumnElement[Any]] | None = None,
    statement: Callable[[Select[Any]], Select[Any]] = _same,
    codecs: Mapping[str, Codec] | None = None,
) -> Stored:
    """A document in its table and that of its lines; see ``mapped`` and ``listed``."""
    noun = document.noun
    mapping = mapped(noun.kind, table, noun.of, lines=lines, repeated=repeated, codecs=codecs)
    query = listed(document.listed, document.summary, table, given=given, statement=statement)
    by_ref = (Search(document.by_ref, ("external_ref",)),) if document.has_ref else ()
    return Stored((mapping, *by_ref, *searches), (query,), document, table, lines)


def _loads(view: View[Any], codecs: Mapping[str, Codec]) -> list[tuple[int, Callable[[Any], Any]]]:
    """What of the columns must become objects before the view can show them."""
    found = []
    for each in members_of(view.of):
        inner = each.type.item or each.type
        if each.name in view.columns and is_nested(inner):
            made = codecs.get(each.name) or _codec_of(each.type)
            if made is not None:
                found.append((view.columns.index(each.name), made.load))
    return found


def _condition(
    filter_: Filter, of: type[Any], columns: Mapping[str, ColumnElement[Any]]
) -> lists.Filter:
    found = [columns[folded_of(of, name)] for name in filter_.members]
    return _OPERATIONS[filter_.operation](*found)
