"""Accounting in the database: how its aggregates are loaded and saved."""

from collections.abc import Sequence
from typing import Any

from app.application.accounting.accounts import ACCOUNT
from app.application.accounting.checkpoints import DAY_BALANCES, LEDGER_CHECKPOINT
from app.application.accounting.ports import (
    ALL_TAXES,
    ALLOCATION_DOCUMENTS,
    ALLOCATIONS,
    ALLOCATIONS_BY,
    ALLOCATIONS_OF_CREDIT,
    BOOKS,
    ENTRIES_OF,
    ENTRY_BY_REF,
    JOURNAL_ENTRIES,
    NUMBER_SERIES,
    OPEN_ITEMS,
    OPEN_ITEMS_OF,
    OPEN_PERIODS,
    PARTIES,
    PAYMENT_BY_REF,
    PAYMENTS,
    PERIODS,
    POSTING_ACCOUNTS,
    RECORDED_ALLOCATIONS,
    RECORDED_ENTRIES,
    RECORDED_PAYMENTS,
    REVERSAL_OF,
    AllocationDocument,
    BookedAllocation,
    PostingAccounts,
    Recorded,
)
from app.application.accounting.taxes import TAX
from app.domain.accounting.chart import AccountRole
from app.domain.accounting.checkpoints import DayBalance, LedgerCheckpoint
from app.domain.accounting.entries import EntryLine, JournalEntry, Purpose
from app.domain.accounting.open_items import OpenItem, Side
from app.domain.accounting.payments import Direction, Payment, PaymentMethod
from app.domain.accounting.periods import (
    Books,
    Period,
    PeriodState,
    PriceDifferencePolicy,
    TaxRounding,
)
from app.domain.accounting.series import NumberSeries
from app.domain.accounting.tax import TaxComponent, TaxKind
from app.domain.catalog.contact import Contact
from app.domain.shared.ids import Id
from app.infrastructure.accounting import tables
from app.infrastructure.catalog.tables import contacts
from app.infrastructure.db.declared import Codec, stored_master
from app.infrastructure.db.mapping import Children, Mapping, Search, TableRow, flat, row_maker


def _load_posting_accounts(row: Sequence[Any]) -> PostingAccounts:
    return PostingAccounts(
        {AccountRole(role): Id(bytes.fromhex(id_)) for role, id_ in row[0].items()}
    )


def _dump_posting_accounts(accounts: PostingAccounts) -> list[TableRow]:
    by_role = {str(role): id_.hex() for role, id_ in accounts.by_role.items()}
    return [(tables.posting_accounts, {"by_role": by_role})]


def tax_component(data: dict[str, Any]) -> TaxComponent:
    """A component as the column ``components`` keeps it."""
    return TaxComponent(
        data["name"],
        TaxKind(data["kind"]),
        data["rate"],
        data["compound"],
        data["recoverable"],
        _maybe_id(data["output_account_id"]),
        _maybe_id(data["input_account_id"]),
    )


def _maybe_id(text: str | None) -> Id | None:
    return None if text is None else Id(bytes.fromhex(text))


def _component_data(each: TaxComponent) -> dict[str, Any]:
    return {
        "name": each.name,
        "kind": each.kind,
        "rate": each.rate,
        "compound": each.compound,
        "recoverable": each.recoverable,
        "output_account_id": each.output_account_id and each.output_account_id.hex(),
        "input_account_id": each.input_account_id and each.input_account_id.hex(),
    }


# Components are kept as objects, so that the column explains itself.
_COMPONENTS = Codec(
    lambda values: tuple(map(tax_component, values)),
    lambda components: [_component_data(each) for each in components],
)

STORED = (
    stored_master(ACCOUNT, tables.accounts),
    stored_master(TAX, tables.taxes, Search(ALL_TAXES, ()), codecs={"components": _COMPONENTS}),
)


_ENTRY_COLUMNS = (
    "id",
    "number",
    "effective_at",
    "effective_on",
    "source_kind",
    "source_id",
    "purpose",
    "memo",
    "reverses_id",
    "external_ref",
)
_entry_row = row_maker(_ENTRY_COLUMNS)


def _load_entry(row: Sequence[Any], lines: Sequence[Sequence[Any]]) -> JournalEntry:
    id_, number, effective_at, effective_on, kind, source_id, purpose, memo, reverses_id, ref = row
    return JournalEntry(
        id_,
        number,
        effective_at,
        effective_on,
        kind,
        source_id,
        Purpose(purpose),
        memo,
        reverses_id,
        tuple(EntryLine(*line) for line in lines),
        ref,
    )


def _dump_entry(entry: JournalEntry) -> list[TableRow]:
    head = _entry_row(entry)
    rows: list[TableRow] = [(tables.journal_entries, head)]
    for line in entry.lines:
        row = {
            "entry_id": entry.id,
            "line": line.line,
            "account_id": line.account_id,
            "amount": line.amount,
            "memo": line.memo,
            "contact_id": line.contact_id,
            "effective_on": entry.effective_on,
        }
        rows.append((tables.journal_lines, row))
    return rows


MAPPINGS = (
    flat(LEDGER_CHECKPOINT, tables.ledger_checkpoints, LedgerCheckpoint, key=()),
    flat(DAY_BALANCES, tables.day_balances, DayBalance, key=("effective_on", "account_id")),
    flat(
        BOOKS,
        tables.books,
        Books,
        key=(),
        tax_rounding=TaxRounding,
        price_difference_policy=PriceDifferencePolicy,
    ),
    Mapping(
        POSTING_ACCOUNTS,
        tables.posting_accounts,
        ("by_role",),
        (),
        _load_posting_accounts,
        _dump_posting_accounts,
    ),
    flat(PERIODS, tables.periods, Period, key=("starts_on",), state=PeriodState),
    flat(
        NUMBER_SERIES,
        tables.number_series,
        NumberSeries,
        key=("series", "scope_id", "year"),
    ),
    Mapping(
        JOURNAL_ENTRIES,
        tables.journal_entries,
        _ENTRY_COLUMNS,
        ("id",),
        _load_entry,
        _dump_entry,
        children=(
            Children(
                tables.journal_lines,
                ("line", "account_id", "amount", "memo", "contact_id"),
                by=("entry_id",),
                order=("line",),
            ),
        ),
    ),
    flat(
        OPEN_ITEMS,
        tables.open_items,
        OpenItem,
        key=("document_id",),
        side=Side,
    ),
    flat(
        ALLOCATIONS,
        tables.allocations,
        BookedAllocation,
    ),
    flat(PAYMENTS, tables.payments, Payment, direction=Direction, method=PaymentMethod),
    flat(ALLOCATION_DOCUMENTS, tables.allocation_documents, AllocationDocument, side=Side),
    flat(PARTIES, contacts, Contact),
    flat(RECORDED_ENTRIES, tables.journal_entries, Recorded),
    flat(RECORDED_PAYMENTS, tables.payments, Recorded),
    flat(RECORDED_ALLOCATIONS, tables.allocation_documents, Recorded),
    Search(OPEN_PERIODS, (), where="t.state = 'open'"),
    Search(REVERSAL_OF, ("reverses_id",)),
    Search(ENTRY_BY_REF, ("external_ref",)),
    Search(ENTRIES_OF, ("source_kind", "source_id")),
    Search(PAYMENT_BY_REF, ("external_ref",)),
    Search(ALLOCATIONS_OF_CREDIT, ("credit_id",)),
    Search(ALLOCATIONS_BY, ("document_id",)),
    Search(OPEN_ITEMS_OF, ("contact_id", "side"), where="t.amount <> t.settled"),
)

SQLITE_CHECKS = {tables.journal_entries: tables.SQLITE_BALANCE}
