"""Tables of the ledger and of receivables and payables."""

from sqlalchemy import Index

from app.domain.accounting.chart import Account
from app.domain.accounting.errors import AlreadyReversed, EntryUnbalanced
from app.domain.accounting.tax import TaxCode
from app.domain.shared.errors import Duplicate, ExternalRefTaken, ServiceUnavailable
from app.infrastructure.db.declared import columns_of
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.metadata import (
    check,
    column,
    index,
    refers,
    tenant_table,
    unique,
    unique_if_set,
    version,
)
from app.infrastructure.db.types import Day, Flag, Id, Instant, Integer, Json, Text

books = tenant_table(
    "books",
    column("currency", Text),
    column("time_zone", Text),
    column("tax_rounding", Text),
    column("price_difference_policy", Text),
    column("closed_through", Day, null=True),
    version(),
    check("tax_rounding", "tax_rounding IN ('line', 'document')"),
    check("price_difference_policy", "price_difference_policy IN ('split', 'variance')"),
    key=(),
)

# The account of each role in one row, so that a command reads them at once.
posting_accounts = tenant_table("posting_accounts", column("by_role", Json), key=())

accounts = tenant_table(
    "accounts",
    *columns_of(Account),
    unique("code"),
    unique_if_set("accounts", "role"),
    check("type", "type IN ('asset', 'liability', 'equity', 'income', 'expense')"),
)

taxes = tenant_table("taxes", *columns_of(TaxCode), unique("code"))

periods = tenant_table(
    "periods",
    column("starts_on", Day),
    column("state", Text),
    column("version", Integer),
    column("closed_at", Instant, null=True),
    column("locked_at", Instant, null=True),
    column("reason", Text),
    check("state", "state IN ('open', 'closed', 'locked')"),
    key=("starts_on",),
)

number_series = tenant_table(
    "number_series",
    column("series", Text),
    column("scope_id", Id),
    column("year", Integer),
    column("next_number", Integer),
    version(),
    check("next_number", "next_number >= 1"),
    key=("series", "scope_id", "year"),
)

journal_entries = tenant_table(
    "journal_entries",
    column("id", Id),
    column("number", Text, null=True),
    column("effective_at", Instant),
    column("effective_on", Day),
    column("source_kind", Text),
    column("source_id", Id),
    column("purpose", Text),
    column("memo", Text),
    column("reverses_id", Id, null=True),
    column("external_ref", Text, null=True),
    column("recorded_at", Instant),
    unique_if_set("journal_entries", "number"),
    unique("source_kind", "source_id", "purpose"),
    unique_if_set("journal_entries", "reverses_id"),
    unique_if_set("journal_entries", "external_ref"),
    refers("reverses_id", "journal_entries"),
    index("journal_entries", "effective_on", "id"),
    index("journal_entries", "recorded_at"),  # the tail behind the checkpoint
    append_only=True,
)

journal_lines = tenant_table(
    "journal_lines",
    column("entry_id", Id),
    column("line", Integer),
    column("account_id", Id),
    column("amount", Integer),
    column("memo", Text),
    column("contact_id", Id, null=True),
    column("effective_on", Day),
    column("recorded_at", Instant),
    refers("entry_id", "journal_entries"),
    refers("account_id", "accounts"),
    refers("contact_id", "contacts"),
    check("amount", "amount <> 0"),
    Index(
        "journal_lines_account_ix", "tenant_id", "account_id", "effective_on", "entry_id", "line"
    ),
    key=("entry_id", "line"),
    append_only=True,
)

ledger_checkpoints = tenant_table(
    "ledger_checkpoints", column("recorded_to", Instant), version(), key=()
)

day_balances = tenant_table(
    "day_balances",
    column("effective_on", Day),
    column("account_id", Id),
    column("amount", Integer),
    version(),
    refers("account_id", "accounts"),
    key=("effective_on", "account_id"),
)

open_items = tenant_table(
    "open_items",
    column("document_id", Id),
    column("document_kind", Text),
    column("side", Text),
    column("contact_id", Id),
    column("effective_on", Day),
    column("due_on", Day),
    column("amount", Integer),
    column("settled", Integer),
    version(),
    column("recorded_at", Instant),
    refers("contact_id", "contacts"),
    check("side", "side IN ('receivable', 'payable')"),
    check("amount", "amount <> 0"),
    check(
        "settled",
        "settled BETWEEN 0 AND amount OR settled BETWEEN amount AND 0",
    ),
    index("open_items", "contact_id", "side", "effective_on"),
    key=("document_id",),
)

allocations = tenant_table(
    "allocations",
    column("id", Id),
    column("document_id", Id),
    column("credit_kind", Text),
    column("credit_id", Id),
    column("debit_kind", Text),
    column("debit_id", Id),
    column("amount", Integer),
    column("effective_on", Day),
    column("recorded_at", Instant),
    refers("credit_id", "open_items", ("document_id",)),
    refers("debit_id", "open_items", ("document_id",)),
    check("amount", "amount > 0"),
    index("allocations", "credit_id"),
    index("allocations", "debit_id"),
    index("allocations", "document_id"),
    append_only=True,
)

allocation_documents = tenant_table(
    "allocation_documents",
    column("id", Id),
    column("number", Text),
    column("contact_id", Id),
    column("side", Text),
    column("named", Flag),
    column("effective_at", Instant),
    column("effective_on", Day),
    column("recorded_at", Instant),
    unique("number"),
    refers("contact_id", "contacts"),
    check("side", "side IN ('receivable', 'payable')"),
    index("allocation_documents", "effective_on", "id"),
    append_only=True,
)

payments = tenant_table(
    "payments",
    column("id", Id),
    column("number", Text),
    column("direction", Text),
    column("contact_id", Id),
    column("method", Text),
    column("amount", Integer),
    column("effective_at", Instant),
    column("effective_on", Day),
    column("external_ref", Text, null=True),
    column("recorded_at", Instant),
    unique("number"),
    unique_if_set("payments", "external_ref"),
    refers("contact_id", "contacts"),
    check("direction", "direction IN ('in', 'out')"),
    check("method", "method IN ('cash', 'card', 'bank')"),
    check("amount", "amount > 0"),
    index("payments", "effective_on", "id"),
    append_only=True,
)

on_constraint(
    lambda: Duplicate.at("/code"), "accounts_tenant_id_code_uq", "taxes_tenant_id_code_uq"
)
on_constraint(
    lambda: ExternalRefTaken.at("/external_ref"),
    "journal_entries_tenant_id_external_ref_uq",
    "payments_tenant_id_external_ref_uq",
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
