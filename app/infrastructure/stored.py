"""How every declared noun is stored, and what is known of documents from that."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Column, Table

from app.application.shared.documents import Document
from app.domain.shared.fields import Scaled, members_of
from app.infrastructure.accounting import mappings as accounting
from app.infrastructure.catalog import mappings as catalog
from app.infrastructure.db.declared_tables import line_type
from app.infrastructure.inventory import mappings as inventory
from app.infrastructure.logistics import mappings as logistics
from app.infrastructure.purchasing import mappings as purchasing
from app.infrastructure.sales import mappings as sales

STORED = (
    *catalog.STORED,
    *accounting.STORED,
    *inventory.STORED,
    *purchasing.STORED,
    *sales.STORED,
    *logistics.STORED,
)


class Lines(NamedTuple):
    """The lines of a document: their table, and the column that names their document."""

    table: Table
    parent: Column[Any]


class StoredDocument(NamedTuple):
    """A posted document with its tables."""

    document: Document[Any, Any]
    table: Table
    lines: Lines | None

    @property
    def of_goods(self) -> bool:
        """Whether its lines name products."""
        return self.lines is not None and "product_id" in self.lines.table.c

    def sums(self) -> Iterator[tuple[str, Column[Any], Column[Any]]]:
        """The amounts that the document states and each of its lines too.

        Each is its name, its column in the lines, and the column that names their document.
        """
        if self.lines is not None:
            stated = _amounts(self.document.noun.of)
            for name in _amounts(line_type(self.document.noun.of)):
                if name in stated:
                    yield name, self.lines.table.c[name], self.lines.parent


def _amounts(type_: type[Any]) -> list[str]:
    return [
        each.name
        for each in members_of(type_)
        if (scaled := each.type.mark(Scaled)) is not None and scaled.money
    ]


def documents() -> Iterator[StoredDocument]:
    """Every posted document, journal entries among them."""
    for each in STORED:
        if each.document is not None and each.table is not None:
            lines = None
            if each.lines is not None:
                table, parent = each.lines
                lines = Lines(table, table.c[parent])
            yield StoredDocument(each.document, each.table, lines)
