"""Tables of the ledger and of receivables and payables."""

from sqlalchemy import Index

from app.application.accounting.accounts import ACCOUNT
from app.application.accounting.allocations import ALLOCATION
from app.application.accounting.journal import ENTRY
from app.application.accounting.payments import PAYMENT
from app.application.accounting.ports import PostingAccounts
from app.application.accounting.taxes import TAX
from app.domain.accounting.checkpoints import DayBalance, LedgerCheckpoint
from app.domain.accounting.errors import AlreadyReversed, EntryUnbalanced
from app.domain.accounting.open_items import BookedAllocation, OpenItem
from app.domain.accounting.periods import Books, Period
from app.domain.accounting.series import NumberSeries
from app.domain.shared.errors import ServiceUnavailable
from app.infrastructure.db.declared_tables import (
    columns_of,
    document_table,
    lines_table,
    master_table,
)
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.metadata import (
    check,
    column,
    index,
    refers,
    tenant_table,
    unique,
    unique_if_set,
)
from app.infrastructure.db.types import Day, Instant

books = tenant_table(
    "books",
    *columns_of(Books),
    check("tax_rounding", "tax_rounding IN ('line', 'document')"),
    check("price_difference_policy", "price_difference_policy IN ('split', 'variance')"),
    key=(),
)

# The account of each role in one row, so that a command reads them at once.
posting_accounts = tenant_table("posting_accounts", *columns_of(PostingAccounts), key=())

accounts = master_table(
    ACCOUNT,
    unique_if_set("accounts", "role"),
    check("type", "kind IN ('asset', 'liability', 'equity', 'income', 'expense')"),
)

taxes = master_table(TAX)

periods = tenant_table(
    "periods",
    *columns_of(Period),
    check("state", "status IN ('open', 'closed', 'locked')"),
    key=("starts_on",),
)

number_series = tenant_table(
    "number_series",
    *columns_of(NumberSeries),
    check("next_number", "next_number >= 1"),
    key=("series", "scope_id", "year"),
)

journal_entries = document_table(
    ENTRY,
    unique("source_kind", "source_id", "purpose"),
    unique_if_set("journal_entries", "reverses_id"),
    index("journal_entries", "recorded_at"),  # the tail behind the checkpoint
)

journal_lines = lines_table(
    "journal_lines",
    ENTRY,
    "entry_id",
    column("effective_on", Day),
    column("recorded_at", Instant),
    check("amount", "amount <> 0"),
    Index(
        "journal_lines_account_ix", "tenant_id", "account_id", "effective_on", "entry_id", "line"
    ),
)

ledger_checkpoints = tenant_table("ledger_checkpoints", *columns_of(LedgerCheckpoint), key=())

day_balances = tenant_table(
    "day_balances", *columns_of(DayBalance), key=("effective_on", "account_id")
)

open_items = tenant_table(
    "open_items",
    *columns_of(OpenItem),
    column("recorded_at", Instant),
    check("side", "side IN ('receivable', 'payable')"),
    check("amount", "amount <> 0"),
    check("settled", "settled BETWEEN 0 AND amount OR settled BETWEEN amount AND 0"),
    index("open_items", "contact_id", "side", "effective_on"),
    key=("document_id",),
)

allocations = tenant_table(
    "allocations",
    *columns_of(BookedAllocation),
    column("recorded_at", Instant),
    refers("credit_id", "open_items", ("document_id",)),
    refers("debit_id", "open_items", ("document_id",)),
    check("amount", "amount > 0"),
    index("allocations", "credit_id"),
    index("allocations", "debit_id"),
    index("allocations", "document_id"),
    append_only=True,
)

allocation_documents = document_table(
    ALLOCATION, check("side", "side IN ('receivable', 'payable')")
)

payments = document_table(
    PAYMENT,
    check("direction", "direction IN ('in', 'out')"),
    check("method", "method IN ('cash', 'card', 'bank')"),
    check("amount", "amount > 0"),
)

on_constraint(AlreadyReversed, "journal_entries_tenant_id_reverses_id_uq")
on_constraint(EntryUnbalanced, "journal_lines_balance_ck")
on_constraint(ServiceUnavailable, "journal_entries_recorded_ck")  # the clock has gone back

# Both databases check at the end of a work that the lines of every new entry balance; SQLite looks
# at all entries whose ids lie between those of the first and the last new one.
SQLITE_BALANCE = (
    "SELECT 1 FROM journal_entries e "
    "LEFT JOIN journal_lines l ON l.tenant_id = e.tenant_id AND l.entry_id = e.id "
    "WHERE e.tenant_id = :tenant_id AND e.id BETWEEN :first AND :last "
    "GROUP BY e.id HAVING count(l.entry_id) < 2 OR sum(l.amount) <> 0 LIMIT 1"
)
