"""What reports ask of purchasing."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, literal, select, union_all

from app.domain.shared.documents import DocumentKind
from app.infrastructure.db.query import of_tenant
from app.infrastructure.db.types import Text
from app.infrastructure.purchasing.tables import bills, receipts, supplier_returns


def grni_facts() -> Select[Any]:
    """Every change of what was received and not invoiced yet, document by document.

    Columns: source_id, source_kind, amount (above zero when goods came), effective_on, recorded_at.
    """
    facts = union_all(
        _facts(receipts, DocumentKind("receipt"), receipts.c.value),
        _facts(bills, DocumentKind("bill"), -bills.c.received_value),
        _facts(
            supplier_returns, DocumentKind("supplier_return"), -supplier_returns.c.received_value
        ),
    ).subquery("grni_facts")
    return select(*facts.c)


def _facts(table: Table, kind: DocumentKind, amount: ColumnElement[int]) -> Select[Any]:
    return select(
        table.c.id.label("source_id"),
        literal(str(kind), Text).label("source_kind"),
        amount.label("amount"),
        table.c.effective_on,
        table.c.recorded_at,
    ).where(*of_tenant(table))
