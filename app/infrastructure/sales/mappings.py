"""Sales in the database: how its aggregates are loaded and saved, and its lists."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from app.application.sales.ports import (
    RETURN_BY_REF,
    RETURN_LIST,
    RETURNED,
    RETURNED_OF_SALE,
    RETURNS,
    SALE_BY_REF,
    SALE_LIST,
    SALES,
)
from app.application.sales.views import sale_summary
from app.domain.sales.returns import Return, ReturnedSoFar, ReturnLine
from app.domain.sales.sale import Sale, SaleLine, TaxLine, Tender, TenderMethod
from app.domain.shared.ids import Id
from app.infrastructure.db.lists import ListQuery, at_least, at_most, equals, plain_list
from app.infrastructure.db.mapping import (
    Children,
    Mapping,
    Search,
    TableRow,
    member_names,
    row_maker,
)
from app.infrastructure.sales import tables

_SALE_COLUMNS = member_names(Sale, "lines", "tenders", "taxes")
_SALE_LINE_COLUMNS = member_names(SaleLine)
_RETURN_COLUMNS = member_names(Return, "lines", "taxes")
_RETURN_LINE_COLUMNS = member_names(ReturnLine)
_RETURNED_COLUMNS = member_names(ReturnedSoFar)
_sale_row, _sale_line_row = row_maker(_SALE_COLUMNS), row_maker(_SALE_LINE_COLUMNS)
_return_row, _return_line_row = row_maker(_RETURN_COLUMNS), row_maker(_RETURN_LINE_COLUMNS)
_returned_row = row_maker(_RETURNED_COLUMNS)
_PARTS = _SALE_LINE_COLUMNS.index("tax_parts")
_REFUND = _RETURN_COLUMNS.index("refund")


def _load_sale(row: Sequence[Any], lines: Sequence[Sequence[Any]]) -> Sale:
    head, (tenders, taxes) = row[:-2], row[-2:]
    sold = tuple(_load_sale_line(line) for line in lines)
    paid = tuple(Tender(TenderMethod(method), amount) for method, amount in tenders)
    values: tuple[Any, ...] = (*head, sold, paid, _load_taxes(taxes))
    return Sale(*values)


def _load_sale_line(row: Sequence[Any]) -> SaleLine:
    values = list(row)
    values[_PARTS] = tuple(values[_PARTS])
    return SaleLine(*values)


def _dump_sale(sale: Sale) -> list[TableRow]:
    head = _sale_row(sale)
    head["tenders"] = [[str(tender.method), tender.amount] for tender in sale.tenders]
    head["taxes"] = _dump_taxes(sale.taxes)
    rows: list[TableRow] = [(tables.sales, head)]
    for line in sale.lines:
        row = _sale_line_row(line)
        row["tax_parts"] = list(line.tax_parts)
        row["sale_id"] = sale.id
        rows.append((tables.sale_lines, row))
    return rows


def _load_taxes(taxes: Sequence[Any]) -> tuple[TaxLine, ...]:
    return tuple(TaxLine(Id(bytes.fromhex(id_)), base, amount) for id_, base, amount in taxes)


def _dump_taxes(taxes: Sequence[TaxLine]) -> list[list[Any]]:
    return [[tax.tax_id.hex(), tax.base, tax.amount] for tax in taxes]


def _load_returned(row: Sequence[Any]) -> ReturnedSoFar:
    sale_id, line, quantity, net, tax_parts, cost, version = row
    return ReturnedSoFar(sale_id, line, quantity, net, tuple(tax_parts), cost, version)


def _dump_returned(returned: ReturnedSoFar) -> list[TableRow]:
    row = _returned_row(returned)
    row["tax_parts"] = list(returned.tax_parts)
    return [(tables.returned_so_far, row)]


def _load_return(row: Sequence[Any], lines: Sequence[Sequence[Any]]) -> Return:
    head, taxes = list(row[:-1]), row[-1]
    head[_REFUND] = TenderMethod(head[_REFUND])
    back = tuple(ReturnLine(*line) for line in lines)
    values: tuple[Any, ...] = (*head, back, _load_taxes(taxes))
    return Return(*values)


def _dump_return(document: Return) -> list[TableRow]:
    head = _return_row(document)
    head["taxes"] = _dump_taxes(document.taxes)
    rows: list[TableRow] = [(tables.returns, head)]
    for line in document.lines:
        row = _return_line_row(line)
        row["return_id"] = document.id
        rows.append((tables.return_lines, row))
    return rows


MAPPINGS = (
    Mapping(
        SALES,
        tables.sales,
        (*_SALE_COLUMNS, "tenders", "taxes"),
        ("id",),
        _load_sale,
        _dump_sale,
        children=(
            Children(tables.sale_lines, _SALE_LINE_COLUMNS, by=("sale_id",), order=("line",)),
        ),
    ),
    Mapping(
        RETURNED,
        tables.returned_so_far,
        _RETURNED_COLUMNS,
        ("sale_id", "line"),
        _load_returned,
        _dump_returned,
    ),
    Mapping(
        RETURNS,
        tables.returns,
        (*_RETURN_COLUMNS, "taxes"),
        ("id",),
        _load_return,
        _dump_return,
        children=(
            Children(tables.return_lines, _RETURN_LINE_COLUMNS, by=("return_id",), order=("line",)),
        ),
    ),
    Search(SALE_BY_REF, ("external_ref",)),
    Search(RETURN_BY_REF, ("external_ref",)),
    Search(RETURNED_OF_SALE, ("sale_id",)),
)

_SUMMARY_COLUMNS = (
    "id",
    "number",
    "external_ref",
    "location_id",
    "customer_id",
    "effective_at",
    "effective_on",
    "currency",
    "net",
    "tax",
    "total",
    "entry_id",
    "recorded_at",
)


def _documents(listing: Any, table: Any, prefix: str) -> ListQuery:
    return plain_list(
        listing,
        table,
        _SUMMARY_COLUMNS,
        partial(sale_summary, prefix=prefix),
        sorts={"effective_on": "effective_on", "id": "id"},
        filters={
            "effective_from": at_least(table.c.effective_on),
            "effective_to": at_most(table.c.effective_on),
            "customer_id": equals(table.c.customer_id),
            "location_id": equals(table.c.location_id),
            "external_ref": equals(table.c.external_ref),
        },
    )


LISTS = (
    _documents(SALE_LIST, tables.sales, "sal"),
    _documents(RETURN_LIST, tables.returns, "ret"),
)
