"""Purchasing in the database: how its aggregates are loaded and saved, and its lists."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Table

from app.application.purchasing.ports import (
    BILL_BY_REF,
    BILL_BY_SUPPLIER_NUMBER,
    BILL_LIST,
    BILLED_LINES,
    BILLED_OF_LINE,
    BILLS,
    PROGRESS_OF_RECEIPT,
    RECEIPT_BY_REF,
    RECEIPT_LIST,
    RECEIPT_PROGRESS,
    RECEIPTS,
    SUPPLIER_RETURN_BY_REF,
    SUPPLIER_RETURN_LIST,
    SUPPLIER_RETURNS,
)
from app.application.purchasing.views import (
    bill_summary,
    receipt_summary,
    supplier_return_summary,
)
from app.application.shared.kinds import Kind
from app.application.shared.reading import Listing
from app.domain.purchasing.bills import Bill, BilledLine, BillLine
from app.domain.purchasing.receipts import Receipt, ReceiptLine, ReceiptProgress
from app.domain.purchasing.returns import SupplierReturn, SupplierReturnLine
from app.infrastructure.db.lists import ListQuery, at_least, at_most, equals, plain_list
from app.infrastructure.db.mapping import (
    Children,
    Mapping,
    Row,
    Search,
    TableRow,
    flat,
    member_names,
    row_maker,
)
from app.infrastructure.purchasing import tables

_TUPLES = ("tax_parts", "credited_tax_parts")  # JSON arrays in the database


def _loader(type_: type[Any]) -> Callable[[Sequence[Any]], Any]:
    """Makes a flat ``type_`` of the values of its columns."""
    places = [place for place, name in enumerate(member_names(type_, "lines")) if name in _TUPLES]

    def load(row: Sequence[Any]) -> Any:
        if not places:
            return type_(*row)
        values = list(row)
        for place in places:
            values[place] = tuple(values[place])
        return type_(*values)

    return load


def _dumper(type_: type[Any]) -> Callable[[Any], Row]:
    """Makes the row of a flat ``type_``."""
    row_of = row_maker(member_names(type_, "lines"))
    lists = [name for name in member_names(type_, "lines") if name in _TUPLES]

    def dump(aggregate: Any) -> Row:
        row = row_of(aggregate)
        for name in lists:
            row[name] = list(row[name])
        return row

    return dump


def _document(
    of: Kind[Any], table: Table, type_: type[Any], lines: Table, line_type: type[Any], parent: str
) -> Mapping:
    """The mapping of a document whose lines refer to it by the column ``parent``."""
    names, line_names = member_names(type_, "lines"), member_names(line_type)
    load_line, row_of, line_row_of = _loader(line_type), _dumper(type_), _dumper(line_type)

    def load(row: Sequence[Any], line_rows: Sequence[Sequence[Any]]) -> Any:
        return type_(*row, lines=tuple(load_line(line) for line in line_rows))

    def dump(document: Any) -> list[TableRow]:
        rows: list[TableRow] = [(table, row_of(document))]
        for line in document.lines:
            row = line_row_of(line)
            row[parent] = document.id
            rows.append((lines, row))
        return rows

    children = (Children(lines, line_names, by=(parent,), order=("line",)),)
    return Mapping(of, table, names, ("id",), load, dump, children)


_billed_row = _dumper(BilledLine)


def _dump_billed(line: BilledLine) -> list[TableRow]:
    return [(tables.billed_lines, _billed_row(line))]


MAPPINGS = (
    _document(RECEIPTS, tables.receipts, Receipt, tables.receipt_lines, ReceiptLine, "receipt_id"),
    flat(RECEIPT_PROGRESS, tables.receipt_progress, ReceiptProgress, key=("receipt_id", "line")),
    _document(BILLS, tables.bills, Bill, tables.bill_lines, BillLine, "bill_id"),
    Mapping(
        BILLED_LINES,
        tables.billed_lines,
        member_names(BilledLine),
        ("receipt_id", "receipt_line", "bill_id", "bill_line"),
        _loader(BilledLine),
        _dump_billed,
    ),
    _document(
        SUPPLIER_RETURNS,
        tables.supplier_returns,
        SupplierReturn,
        tables.supplier_return_lines,
        SupplierReturnLine,
        "return_id",
    ),
    Search(RECEIPT_BY_REF, ("external_ref",)),
    Search(PROGRESS_OF_RECEIPT, ("receipt_id",)),
    Search(BILL_BY_REF, ("external_ref",)),
    Search(BILL_BY_SUPPLIER_NUMBER, ("supplier_id", "supplier_number")),
    Search(BILLED_OF_LINE, ("receipt_id", "receipt_line")),
    Search(SUPPLIER_RETURN_BY_REF, ("external_ref",)),
)


def _documents(
    listing: Listing, table: Table, type_: type[Any], view: Callable[..., Any], own_filter: str
) -> ListQuery:
    return plain_list(
        listing,
        table,
        member_names(type_, "lines"),
        view,
        sorts={"effective_on": "effective_on", "id": "id"},
        filters={
            "effective_from": at_least(table.c.effective_on),
            "effective_to": at_most(table.c.effective_on),
            "supplier_id": equals(table.c.supplier_id),
            "external_ref": equals(table.c.external_ref),
            own_filter: equals(table.c[own_filter]),
        },
    )


LISTS = (
    _documents(RECEIPT_LIST, tables.receipts, Receipt, receipt_summary, "location_id"),
    _documents(BILL_LIST, tables.bills, Bill, bill_summary, "supplier_number"),
    _documents(
        SUPPLIER_RETURN_LIST,
        tables.supplier_returns,
        SupplierReturn,
        supplier_return_summary,
        "receipt_id",
    ),
)
