"""Lists: keyset pages over one SELECT, filters and orders from an allow-list.

Each combination of filters, order and direction is compiled once. The order ends with the key of
the row, so it is total and a page neither repeats nor skips a row while others are inserted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select, tuple_

from app.application.shared.reading import Listing, Page, PageRequest
from app.domain.shared.frozen import frozen
from app.domain.shared.texts import folded
from app.infrastructure.db.port import Scope
from app.infrastructure.db.query import Query, like_pattern, of_tenant
from app.infrastructure.db.types import Id, Integer, Text

Filter = Callable[[Any], ColumnElement[bool]]


class _Columns(NamedTuple):
    """What a page selects: ``shown`` columns for the view, then what the order has beside them."""

    shown: int
    all: list[ColumnElement[Any]]
    place: tuple[int, ...]  # where those of the place in the order are


@frozen
class ListQuery:
    """The SQL of a listing.

    ``statement`` selects the columns that ``view`` takes, from tables bound to the tenant.
    ``sorts`` and ``filters`` give the column or the condition for each name of the listing.
    """

    listing: Listing
    statement: Select[Any]
    key: ColumnElement[bytes]
    view: Callable[..., Any]
    sorts: Mapping[str, ColumnElement[Any]]
    filters: Mapping[str, Filter]
    _compiled: dict[Any, Query] = field(default_factory=dict)
    _selected: dict[str, _Columns] = field(default_factory=dict)

    async def page(self, scope: Scope, request: PageRequest) -> Page:
        """One page in one statement, or two when the total is asked for."""
        sort = request.sort or self.listing.sorts[0]
        names = tuple(sorted(request.filters))
        values = {f"f_{name}": _bound(name, value) for name, value in request.filters.items()}
        total = None
        if request.include_total:
            row = await scope.row(self._count(names), **values)
            total = None if row is None else row[0]
        if request.after is not None:
            values["after_sort"], values["after_key"] = request.after
        if request.page is not None:
            values["skip"] = (request.page - 1) * request.limit
        shape = (names, sort, request.descending, request.after is None, request.page is None)
        query = self._compiled.get(shape)
        if query is None:
            query = self._compiled[shape] = self._build(names, sort, request)
        shown, _, (at_sort, at_key) = self._columns(sort)
        rows = await scope.rows(query, **values, limit=request.limit + 1)
        data = [self.view(*row[:shown]) for row in rows[: request.limit]]
        last = rows[request.limit - 1] if len(rows) > request.limit else None
        return Page(data, None if last is None else (last[at_sort], last[at_key]), total)

    def _columns(self, sort: str) -> _Columns:
        columns = self._selected.get(sort)
        if columns is None:
            columns = self._selected[sort] = _columns(
                list(self.statement.selected_columns), (self.sorts[sort], self.key)
            )
        return columns

    def _filtered(self, names: tuple[str, ...], statement: Select[Any]) -> Select[Any]:
        for name in names:
            statement = statement.where(self.filters[name](f"f_{name}"))
        return statement

    def _build(self, names: tuple[str, ...], sort: str, request: PageRequest) -> Query:
        column = self.sorts[sort]
        statement = self._filtered(names, self.statement)
        if request.after is not None:
            place = tuple_(column, self.key)
            seen = tuple_(
                bindparam("after_sort", type_=column.type), bindparam("after_key", type_=Id)
            )
            statement = statement.where(place < seen if request.descending else place > seen)
        # Named twice, a column would have SQLite sort what comes in its order already.
        for each in dict.fromkeys((column, self.key)):
            statement = statement.order_by(each.desc() if request.descending else each.asc())
        statement = statement.with_only_columns(*self._columns(sort)[1])
        statement = statement.limit(bindparam("limit", type_=Integer))
        if request.page is not None:
            statement = statement.offset(bindparam("skip", type_=Integer))
        return Query(statement)

    def _count(self, names: tuple[str, ...]) -> Query:
        shape = ("count", names)
        query = self._compiled.get(shape)
        if query is None:
            counted = self._filtered(names, self.statement).order_by(None).subquery()
            query = Query(select(func.count()).select_from(counted))
            self._compiled[shape] = query
        return query


def _columns(shown: list[ColumnElement[Any]], order: Sequence[ColumnElement[Any]]) -> _Columns:
    selected, place = list(shown), []
    for column in order:
        at = next((at for at, each in enumerate(selected) if each is column), len(selected))
        if at == len(selected):
            selected.append(column)
        place.append(at)
    return _Columns(len(shown), selected, tuple(place))


def equals(column: ColumnElement[Any]) -> Filter:
    """The filter ``column = value``."""
    return lambda name: column == bindparam(name, type_=column.type)


def at_least(column: ColumnElement[Any]) -> Filter:
    """The filter ``column >= value``."""
    return lambda name: column >= bindparam(name, type_=column.type)


def at_most(column: ColumnElement[Any]) -> Filter:
    """The filter ``column <= value``."""
    return lambda name: column <= bindparam(name, type_=column.type)


def contains(*columns: ColumnElement[str]) -> Filter:
    """The filter "one of these folded columns contains the text", wildcards being letters."""

    def condition(name: str) -> ColumnElement[bool]:
        text = bindparam(name, type_=Text)
        return or_(*(column.like(text, escape="\\") for column in columns))

    return condition


def flagged(*columns: ColumnElement[bool]) -> Filter:
    """The filter "the flag that the value names is true": ``customer`` for ``is_customer``."""

    def condition(name: str) -> ColumnElement[bool]:
        value = bindparam(name, type_=Text)
        return or_(*(and_(each, value == str(each.key).removeprefix("is_")) for each in columns))

    return condition


def _bound(name: str, value: Any) -> Any:
    return like_pattern(folded(value)) if name == "q" else value


def plain_list(
    listing: Listing,
    table: Any,
    columns: tuple[str, ...],
    view: Callable[..., Any],
    *,
    sorts: Mapping[str, str],
    filters: Mapping[str, Filter],
    key: str = "id",
) -> ListQuery:
    """The list of a single table: ``columns`` in the order in which the view takes them."""
    statement = select(*(table.c[name] for name in columns)).where(*of_tenant(table))
    return ListQuery(
        listing,
        statement,
        table.c[key],
        view,
        {name: table.c[column] for name, column in sorts.items()},
        filters,
    )
