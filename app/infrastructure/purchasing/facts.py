"""temporary"""

from typing import Any

from sqlalchemy import Select, literal, select

from app.infrastructure.accounting.tables import journal_lines
from app.infrastructure.db.query import of_tenant
from app.infrastructure.db.types import Integer, Text


def grni_facts() -> Select[Any]:
    return select(
        journal_lines.c.entry_id.label("source_id"),
        literal("journal", Text).label("source_kind"),
        journal_lines.c.amount.label("amount"),
        journal_lines.c.effective_on,
        journal_lines.c.recorded_at,
    ).where(*of_tenant(journal_lines), literal(1, Integer) == literal(0, Integer))
