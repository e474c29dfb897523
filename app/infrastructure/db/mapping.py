"""How kinds and finders of the application meet tables.

A mapping is two pure functions: ``load`` makes an aggregate from a row (and the rows of its
children), ``dump`` makes the rows again. The unit of work compares the rows of before and after
and writes what differs, so a repository never sees a connection.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any

from sqlalchemy import Table

from app.application.shared.kinds import Finder, Kind
from app.domain.shared.frozen import frozen

Row = dict[str, Any]
TableRow = tuple[Table, Row]


@frozen
class Children:
    """Rows that belong to an aggregate: those of ``table`` whose ``by`` equals the root's key."""

    table: Table
    columns: tuple[str, ...]
    by: tuple[str, ...]
    order: tuple[str, ...]
    where: str = ""  # further condition, SQL that both databases understand


@frozen
class Mapping:
    """The table behind a kind.

    ``load(row, *children)`` takes the values of ``columns`` as a tuple, and one list of tuples per
    child. ``dump(aggregate)`` gives all rows.
    """

    kind: Kind[Any]
    table: Table
    columns: tuple[str, ...]
    key: tuple[str, ...]
    load: Callable[..., Any]
    dump: Callable[[Any], Iterable[TableRow]]
    children: tuple[Children, ...] = ()
    # Aggregates of another kind that come with these and are saved as their own kind.
    brings: tuple[Kind[Any], Callable[[Iterable[Any]], Iterable[Any]]] | None = None


@frozen
class Search:
    """The query behind a finder: rows whose ``by`` columns equal the search key."""

    finder: Finder[Any]
    by: tuple[str, ...]
    where: str = ""


@dataclass(slots=True)
class Registry:
    """All mappings of the service; filled once by the composition root."""

    mappings: dict[Kind[Any], Mapping] = field(default_factory=dict)
    searches: dict[Finder[Any], Search] = field(default_factory=dict)
    # Per table: a SELECT that finds a row when an inserted one breaks a rule that SQLite cannot
    # defer to the commit by itself (rulings R-06). Its parameters are :tenant_id and the ids :first
    # and :last, between which all inserted rows lie.
    sqlite_checks: dict[Table, str] = field(default_factory=dict)

    def mapping_of(self, what: Kind[Any] | Finder[Any]) -> Mapping:
        """The mapping of a kind, or of what a finder finds."""
        return self.mappings[what.kind if isinstance(what, Finder) else what]

    def add(self, *parts: Mapping | Search) -> None:
        """Register mappings and searches."""
        for part in parts:
            if isinstance(part, Mapping):
                self.mappings[part.kind] = part
            else:
                self.searches[part.finder] = part


def member_names(type_: type[Any], *without: str) -> tuple[str, ...]:
    """The fields of an aggregate that are columns of its table."""
    return tuple(each.name for each in fields(type_) if each.name not in without)


def row_maker(names: tuple[str, ...]) -> Callable[[Any], Row]:
    """What takes members of an aggregate as a row; ``names`` are two or more."""
    values_of = attrgetter(*names)
    return lambda aggregate: dict(zip(names, values_of(aggregate), strict=True))


def flat(
    of: Kind[Any],
    table: Table,
    type_: type[Any],
    /,
    key: tuple[str, ...] = ("id",),
    **converters: Callable[[Any], Any],
) -> Mapping:
    """The mapping of a flat dataclass whose fields are the columns of its table, name by name.

    ``converters`` make the value of a field from the value of its column (an enumeration from its
    text); a None stays None.
    """
    names = member_names(type_)
    places = [(names.index(name), convert) for name, convert in converters.items()]

    def load(row: Sequence[Any]) -> Any:
        if not places:
            return type_(*row)
        values = list(row)
        for place, convert in places:
            if values[place] is not None:
                values[place] = convert(values[place])
        return type_(*values)

    row_of = row_maker(names)

    def dump(aggregate: Any) -> list[TableRow]:
        return [(table, row_of(aggregate))]

    return Mapping(of, table, names, key, load, dump)
